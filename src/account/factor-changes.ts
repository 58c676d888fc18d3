import { recordEvent } from '../audit/events.ts'
import type { EventType } from '../audit/events.ts'
import type { Enrolled } from '../credentials/enrol-passkey.ts'
import type { FactorKind, OwnFactors, Removal } from '../credentials/own-factors.ts'
import { PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import { notify } from '../mail/outbox.ts'
import type { NoticeKind } from '../mail/outbox.ts'
import { holdSignIn } from '../sessions/hold-sign-in.ts'
import { keepSignIn } from '../sessions/keep-sign-in.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import { recordChange } from '../store/changes.ts'
import type { Database, Queryable } from '../store/database.ts'
import type { NewSession } from '../web/pages.ts'
import { raiseSessionEpoch } from '../users/session-epoch.ts'

export interface FactorChangeParts {
  readonly database: Database
  readonly feed: Pick<ChangeFeed, 'commit'>
  readonly sessions: Pick<Sessions, 'endAllIn' | 'raise'>
  readonly ownFactors: OwnFactors
}

/** Who changes his own factors, from where. */
export interface FactorOwner {
  readonly principal: Principal
  readonly address: string
  readonly userAgent: string
}

/** What came of a factor that was to be added. Once it is, the sign-in has it too, by a token that replaces its own. */
export type Addition =
  | { readonly kind: 'added'; readonly session: NewSession }
  | { readonly kind: Exclude<Enrolled, 'added'> }

/** Takes the first code of a device that was begun. */
export function confirmTotp(
  { database, feed, sessions, ownFactors }: FactorChangeParts,
  owner: FactorOwner,
  { name, code }: { name: string; code: string },
): Promise<Addition> {
  const { userId } = owner.principal
  return feed.commit(database, async (tx) => {
    const isRight = await ownFactors.confirmTotp(tx, { userId, name, code, nowMs: Date.now() })
    return isRight ? added(tx, sessions, owner, 'totp') : { kind: 'refused' }
  })
}

/** Takes the answer of a browser that made a passkey. */
export function addPasskey(
  { database, feed, sessions, ownFactors }: FactorChangeParts,
  owner: FactorOwner,
  given: { name: string; binding: string; response: unknown },
): Promise<Addition> {
  const { userId } = owner.principal
  return feed.commit(database, async (tx) => {
    const kind = await ownFactors.addPasskey(tx, { userId, ...given })
    return kind === 'added' ? added(tx, sessions, owner, 'webauthn') : { kind }
  })
}

export function renameFactor(
  { database, ownFactors }: FactorChangeParts,
  owner: FactorOwner,
  factor: { kind: FactorKind; id: string; name: string },
): Promise<boolean> {
  return database.transaction(async (tx) => {
    const isDone = await ownFactors.rename(tx, { userId: owner.principal.userId, ...factor })
    if (isDone) await settle(tx, owner, { type: 'factor_renamed', notice: null, factor: factor.kind, id: factor.id })
    return isDone
  })
}

/** Removes a factor and ends every other sign-in: one of them may be why it has to go. */
export function removeFactor(
  { database, feed, sessions, ownFactors }: FactorChangeParts,
  owner: FactorOwner,
  factor: { kind: FactorKind; id: string; mustKeepOne: boolean },
): Promise<Removal> {
  const { userId, login, signInId } = owner.principal
  return feed.commit(database, async (tx) => {
    const removal = await ownFactors.remove(tx, { userId, ...factor })
    if (removal.kind !== 'removed') return removal
    const epoch = await raiseSessionEpoch(tx, userId)
    if (epoch !== null) await keepSignIn(tx, signInId, epoch)
    await sessions.endAllIn(tx, login, 'revoked', signInId)
    const about = { type: 'factor_removed', notice: 'factor_removed', factor: factor.kind, id: factor.id } as const
    await settle(tx, owner, about)
    return removal
  })
}

/** Ten new recovery codes in the place of those before. */
export function renewCodes(
  { database, ownFactors }: FactorChangeParts,
  owner: FactorOwner,
): Promise<readonly string[]> {
  return database.transaction(async (tx) => {
    const codes = await ownFactors.renewCodes(tx, owner.principal.userId)
    const type = 'recovery_codes_renewed'
    await settle(tx, owner, { type, notice: type, factor: 'recovery' })
    return codes
  })
}

/** Whoever has just shown the new factor to work has proven it. From now on the password alone is not enough for him. */
async function added(
  tx: Queryable,
  sessions: Pick<Sessions, 'raise'>,
  owner: FactorOwner,
  factor: FactorKind,
): Promise<Addition> {
  const { userId, signInId, factors } = owner.principal
  await recordChange(tx, { user: userId })
  await settle(tx, owner, { type: 'factor_added', notice: 'factor_added', factor })
  const session = await sessions.raise(tx, { signInId, factors: { ...factors, [factor]: Date.now() } })
  if (session === null) throw new PosternError('not_signed_in', 'the sign-in ended meanwhile')
  return { kind: 'added', session }
}

interface Told {
  readonly type: EventType
  readonly notice: NoticeKind | null
  readonly factor: FactorKind | 'recovery'
  readonly id?: string
}

/** Writes down what was changed and tells the owner; nothing of it stays when the sign-in is over that asked for it. */
async function settle(tx: Queryable, owner: FactorOwner, { type, notice, factor, id }: Told): Promise<void> {
  const { principal, address, userAgent } = owner
  const { userId, login, signInId } = principal
  await recordEvent(tx, {
    type,
    result: 'success',
    actor: { userId, login },
    signInId,
    resource: `user:${login}`,
    address,
    userAgent,
    details: { factor, ...(id !== undefined && { id }) },
  })
  if (notice !== null) await notify(tx, userId, notice, { address, userAgent, factor })
  await holdSignIn(tx, signInId)
}
