import { recordEvent } from '../audit/events.ts'
import type { AuditEvent } from '../audit/events.ts'
import { PosternError } from '../errors.ts'
import { notify } from '../mail/outbox.ts'
import { isOwnPermission } from '../lib/permissions.ts'
import type { TokenScope } from '../lib/principal.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { holdsPermission } from '../policies/holds.ts'
import { scopeMistakes } from '../policies/token-scope.ts'
import { ROLES_OF_OWNER } from '../sessions/api-tokens-table.ts'
import { holdSignIn } from '../sessions/hold-sign-in.ts'
import { MAX_API_TOKENS } from '../sessions/api-tokens.ts'
import type { ApiTokens, RevokedApiToken } from '../sessions/api-tokens.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Database, Queryable } from '../store/database.ts'
import { readTokenWish } from './token-wish.ts'
import type { WrittenWish } from './token-wish.ts'

export interface TokenParts {
  readonly database: Database
  readonly feed: Pick<ChangeFeed, 'commit'>
  readonly apiTokens: Pick<ApiTokens, 'create' | 'revoke'>
  readonly policy: () => CompiledPolicy
}

/** Who does it, from where; `actor` is null for an operator at a shell. */
export type Doer = Pick<AuditEvent, 'actor' | 'signInId' | 'address' | 'userAgent'>

/** A token, known this once, or for each field at fault a sentence; `null` where there is nobody to own one. */
export type Granted =
  | { readonly kind: 'granted'; readonly id: string; readonly token: string; readonly expiresAt: Date }
  | { readonly kind: 'refused'; readonly faults: Readonly<Record<string, string>> }
  | { readonly kind: 'no_owner' }

/**
 * Makes a token for its owner, who is told, whoever makes it. It can do no more than he can, so nothing is compared.
 * @throws PosternError `not_signed_in` when the sign-in is over that asked for it
 */
export async function grantToken(
  { database, apiTokens, policy }: TokenParts,
  owner: { readonly userId: string; readonly login: string },
  written: WrittenWish,
  doer: Doer,
): Promise<Granted> {
  const wish = readTokenWish(written)
  if ('faults' in wish) return { kind: 'refused', faults: wish.faults }
  const { name, lifeMs, scope } = wish
  const faults = scopeMistakes(policy(), scope)
  if (Object.keys(faults).length > 0) return { kind: 'refused', faults }
  return database.transaction(async (tx) => {
    const beyond = await beyondOwner(tx, policy(), owner.userId, scope)
    if (beyond !== null) return { kind: 'refused', faults: { api: beyond } }
    const made = await apiTokens.create(tx, { userId: owner.userId, name, scope, lifeMs })
    if (made.kind === 'no_owner') return made
    if (made.kind === 'too_many')
      return { kind: 'refused', faults: { name: `There are ${MAX_API_TOKENS} tokens already. Revoke one first.` } }
    const details = { id: made.id, name, scope, expires_at: made.expiresAt.toISOString() }
    await recordEvent(tx, eventOf('api_token_created', owner.login, doer, details))
    const { address = null, userAgent = '' } = doer
    await notify(tx, owner.userId, 'api_token_created', { address, userAgent })
    await holdDoer(tx, doer)
    return { kind: 'granted', id: made.id, token: made.token, expiresAt: made.expiresAt }
  })
}

/**
 * Ends a token everywhere; null where there is none, or none of this owner.
 * @param ownerId null for anybody's
 */
export function revokeToken(
  { database, feed, apiTokens }: TokenParts,
  id: string,
  ownerId: string | null,
  doer: Doer,
): Promise<RevokedApiToken | null> {
  return feed.commit(database, async (tx) => {
    const revoked = await apiTokens.revoke(tx, id, ownerId)
    if (revoked === null) return null
    const { login, name } = revoked
    await recordEvent(tx, eventOf('api_token_revoked', login, doer, { id, name }))
    return revoked
  })
}

/** A token that waits for its owner's rise would rise unseen with him. */
async function beyondOwner(
  tx: Queryable,
  policy: CompiledPolicy,
  ownerId: string,
  { api }: TokenScope,
): Promise<string | null> {
  if (api === null) return null
  const [owner] = await tx.query(ROLES_OF_OWNER, ownerId)
  const holds = (name: string): boolean =>
    owner !== undefined && isOwnPermission(name) && holdsPermission(policy, owner, name)
  const lacking = api.filter((name) => !holds(name))
  return lacking.length === 0 ? null : `Its owner may not do this: ${lacking.join(', ')}.`
}

/** An operator at a shell needs no sign-in; anybody else does. */
async function holdDoer(tx: Queryable, { actor, signInId }: Doer): Promise<void> {
  if (actor === null) return
  if (signInId === undefined) throw new PosternError('not_signed_in', 'no sign-in is named')
  await holdSignIn(tx, signInId)
}

function eventOf(
  type: 'api_token_created' | 'api_token_revoked',
  login: string,
  doer: Doer,
  details: Readonly<Record<string, unknown>>,
): AuditEvent {
  return { type, result: 'success', resource: `user:${login}`, details, ...doer }
}
