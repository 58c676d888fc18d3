import { PosternError } from '../errors.ts'
import { isUuid } from '../lib/time-cursor.ts'
import type { ApiTokenRow } from '../sessions/api-tokens-table.ts'
import type { RevokedApiToken } from '../sessions/api-tokens.ts'
import { revokeToken as revoke } from '../tokens/tokens.ts'
import { actorOf, refuseHigher } from './authority.ts'
import type { AdministrationParts, Doer } from './parts.ts'
import { getUser } from './users.ts'

const MAX_LISTED = 1_000

/** Tokens that are good now, the latest first; of one person or of all. @throws PosternError `unknown_user` */
export async function listTokens(
  parts: Pick<AdministrationParts, 'database' | 'apiTokens'>,
  { login }: { readonly login?: string },
): Promise<readonly ApiTokenRow[]> {
  return parts.apiTokens.list(login === undefined ? null : (await getUser(parts, login)).login, MAX_LISTED)
}

/** Ends anybody's token at once and everywhere. @throws PosternError `nothing_there`, `holds_more` */
export async function revokeToken(
  parts: AdministrationParts,
  by: Doer,
  { id }: { readonly id: string },
): Promise<RevokedApiToken> {
  const { database, feed, apiTokens, policies } = parts
  const guarded: typeof apiTokens = {
    ...apiTokens,
    async revoke(tx, tokenId, ownerId) {
      const revoked = await apiTokens.revoke(tx, tokenId, ownerId)
      if (revoked !== null) await refuseHigher(parts, tx, by, revoked.userId)
      return revoked
    },
  }
  const tools = { database, feed, apiTokens: guarded, policy: () => policies.current() }
  const revoked = isUuid(id) ? await revoke(tools, id, null, { actor: actorOf(by) }) : null
  if (revoked === null) throw new PosternError('nothing_there', `no token ${id}`)
  return revoked
}
