import type { PasskeyOptions, SecondFactorName } from '../credentials/factors.ts'
import { notify } from '../mail/outbox.ts'
import { countAttempt, NOT_CHECKED } from './count-attempt.ts'
import type { Pending } from './pending.ts'
import { bindingOf, proveFactor } from './prove-factor.ts'
import type { SecondProof } from './prove-factor.ts'
import { endPrevious, startSignIn } from './start-sign-in.ts'
import type { MustChange, SignedIn, Stopped, Visit } from './outcome.ts'
import { requireDatabase } from './require-database.ts'
import type { SignInParts } from './sign-in-parts.ts'

/** What came of the second step. */
export type SecondFactorOutcome =
  | SignedIn
  | MustChange
  | { readonly kind: 'wrong' }
  /** It took too long, had its tries, was done already, or the user changed meanwhile: the first step is due again. */
  | { readonly kind: 'expired' }
  | Stopped

export interface SecondFactorAttempt {
  readonly visit: Visit
  readonly proof: SecondProof
  /** Whether this device need not give it again for a while; where that isn't offered it changes nothing. */
  readonly trusts: boolean
}

const EXPIRED = { kind: 'expired' } as const

/** A half-done sign-in and what it may go on with; null for one that is over, or lacks something else. */
export async function findHalfDone(
  { database, factors, pending }: SignInParts,
  token: string,
): Promise<{ pending: Pending; factors: readonly SecondFactorName[] } | null> {
  const half = await pending.find(database, token)
  if (half === null) return null
  return { pending: half, factors: half.next === 'enrol' ? [] : await factors.ownedBy(database, half.userId) }
}

/** A challenge for one of this user's passkeys; null for a half-done sign-in that is over. */
export async function askPasskey(parts: SignInParts, token: string): Promise<PasskeyOptions | null> {
  const half = await parts.pending.find(parts.database, token)
  if (half === null || half.next !== 'second_factor') return null
  const ask = { userId: half.userId, binding: bindingOf(token), requireUserVerification: false }
  return parts.database.transaction((tx) => parts.factors.askPasskey(tx, ask))
}

/** The second step: of any number of right answers at once exactly one starts the sign-in. */
export async function completeSignIn(
  parts: SignInParts,
  token: string,
  attempt: SecondFactorAttempt,
): Promise<SecondFactorOutcome> {
  await requireDatabase(parts)
  const { visit, proof } = attempt
  const half = await parts.pending.find(parts.database, token)
  if (half === null || half.next !== 'second_factor') return EXPIRED
  const who = { name: half.login, userId: half.userId, login: half.login, factor: proof.kind, visit }
  const counted = { ...who, event: 'sign_in_second_factor' } as const
  const proven = await countAttempt(parts, counted, () => proveAndStart(parts, token, attempt))
  if (proven.kind === 'not_checked') return EXPIRED
  if (proven.kind !== 'proven') return proven
  if (proven.value.kind === 'signed_in') await endPrevious(parts, { userId: half.userId, visit })
  return proven.value
}

async function proveAndStart(
  parts: SignInParts,
  token: string,
  { visit, proof, trusts }: SecondFactorAttempt,
): Promise<SignedIn | MustChange | typeof NOT_CHECKED | null> {
  return parts.database.transaction(async (tx) => {
    const half = await parts.pending.tryOnce(tx, token)
    if (half === null) return NOT_CHECKED
    const times = await proveFactor(tx, parts.factors, { userId: half.userId, token }, proof)
    if (times === null) return null
    if (!(await parts.pending.consume(tx, token))) return NOT_CHECKED
    if (proof.kind === 'recovery') await notify(tx, half.userId, 'recovery_code_used', whence(visit))
    const outcome = await startSignIn(tx, parts, {
      ...half,
      factors: { ...half.factors, ...times },
      visit,
      standing: { isBreakGlass: false },
      trusts: trusts && parts.deviceTrustMs > 0,
      enrolBy: null,
    })
    return outcome.kind === 'refused' ? NOT_CHECKED : outcome
  })
}

function whence({ address, userAgent }: Visit): Pick<Visit, 'address' | 'userAgent'> {
  return { address, userAgent }
}
