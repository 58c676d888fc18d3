import type { TokenScope } from '../lib/principal.ts'
import type { ApiTokenRow } from '../sessions/api-tokens-table.ts'

/** What a token is for, in one line. */
export function describeScope({ apps, hosts, paths, methods, networks, api }: TokenScope): string {
  const parts = [apps, hosts, methods, paths].flatMap((list) => (list === null ? [] : [list.join(' ')]))
  if (networks !== null) parts.push(`from ${networks.join(' ')}`)
  if (parts.length === 0) parts.push('all that its owner may')
  if (api !== null) parts.push(`and the API for ${api.join(' ')}`)
  return parts.join(', ')
}

/** A token as programs are told of it, which is never the token itself. */
export function reportToken(row: ApiTokenRow): object {
  const { id, login, name, prefix, apps, hosts, paths, methods, networks, api } = row
  return {
    id,
    login,
    name,
    prefix,
    scope: { apps, hosts, paths, methods, networks, api },
    created_at: row.created_at.toISOString(),
    last_used_at: row.last_used_at?.toISOString() ?? null,
    expires_at: row.expires_at.toISOString(),
  }
}
