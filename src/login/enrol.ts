import { recordEvent } from '../audit/events.ts'
import type { OwnFactors } from '../credentials/own-factors.ts'
import { PosternError } from '../errors.ts'
import { notify } from '../mail/outbox.ts'
import { recordChange } from '../store/changes.ts'
import { countAttempt, NOT_CHECKED } from './count-attempt.ts'
import type { MustChange, SignedIn, Visit } from './outcome.ts'
import type { Pending } from './pending.ts'
import { requireDatabase } from './require-database.ts'
import type { SecondFactorOutcome } from './second-factor.ts'
import { endPrevious, startSignIn } from './start-sign-in.ts'
import type { SignInParts } from './sign-in-parts.ts'

export interface EnrolParts extends SignInParts {
  readonly ownFactors: OwnFactors
}

/** What a device is called that was set up on the way in; its owner may rename it. */
const NAME = 'Authenticator app'
const EXPIRED = { kind: 'expired' } as const

/** A half-done sign-in that lacks a factor which is yet to be set up; null for any other. */
export async function findEnrolling({ database, pending }: SignInParts, token: string): Promise<Pending | null> {
  const half = await pending.find(database, token)
  return half?.next === 'enrol' ? half : null
}

/** The key of a new device, told this once. */
export function beginEnrolment({ database, ownFactors }: EnrolParts, { userId }: Pending): Promise<Buffer> {
  return database.transaction((tx) => ownFactors.beginTotp(tx, userId))
}

/** The first right code of the new device completes both: the device counts from now on, and the sign-in starts. */
export async function completeEnrolment(
  parts: EnrolParts,
  token: string,
  given: { readonly visit: Visit; readonly code: string },
): Promise<SecondFactorOutcome> {
  await requireDatabase(parts)
  const half = await findEnrolling(parts, token)
  if (half === null) return EXPIRED
  const { login: name, userId } = half
  const counted = {
    name,
    login: name,
    userId,
    factor: 'totp',
    event: 'sign_in_second_factor',
    visit: given.visit,
  } as const
  const proven = await countAttempt(parts, counted, () => confirmAndStart(parts, token, given))
  if (proven.kind === 'not_checked') return EXPIRED
  if (proven.kind !== 'proven') return proven
  if (proven.value.kind === 'signed_in') await endPrevious(parts, { userId, visit: given.visit })
  return proven.value
}

async function confirmAndStart(
  parts: EnrolParts,
  token: string,
  { visit, code }: { readonly visit: Visit; readonly code: string },
): Promise<SignedIn | MustChange | typeof NOT_CHECKED | null> {
  return parts.feed.commit(parts.database, async (tx) => {
    const half = await parts.pending.tryOnce(tx, token)
    // Whoever has set one up elsewhere meanwhile is to give that one.
    if (half?.next !== 'enrol' || (await parts.factors.ownedBy(tx, half.userId)).length > 0) return NOT_CHECKED
    const { userId, login } = half
    const nowMs = Date.now()
    if (!(await parts.ownFactors.confirmTotp(tx, { userId, name: NAME, code, nowMs }))) return null
    if (!(await parts.pending.consume(tx, token))) return NOT_CHECKED
    const { address, userAgent } = visit
    const about = { actor: { userId, login }, resource: `user:${login}`, address, userAgent }
    await recordEvent(tx, { type: 'factor_added', result: 'success', ...about, details: { factor: 'totp' } })
    await recordChange(tx, { user: userId })
    await notify(tx, userId, 'factor_added', { address, userAgent, factor: 'totp' })
    const factors = { ...half.factors, totp: nowMs }
    const outcome = await startSignIn(tx, parts, {
      ...half,
      factors,
      visit,
      standing: { isBreakGlass: false },
      trusts: false,
      enrolBy: null,
    })
    // Thrown, so that the new device goes with the sign-in that set it up.
    if (outcome.kind === 'refused') throw new PosternError('not_signed_in', 'the user changed meanwhile')
    return outcome
  })
}
