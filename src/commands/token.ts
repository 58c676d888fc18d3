import { OperatorError } from '../errors.ts'
import type { ApiTokenRow } from '../sessions/api-tokens-table.ts'
import { grantToken, revokeToken } from '../tokens/tokens.ts'
import type { TokenParts } from '../tokens/tokens.ts'
import { describeScope } from '../tokens/token-report.ts'
import { TOKEN_DAYS } from '../tokens/token-wish.ts'
import { getUser } from '../users/users.ts'
import { done, listOf, optionalText, table, textOf } from './command.ts'
import type { Command, CommandContext } from './command.ts'

const MAX_LISTED = 1_000
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const OPERATOR = { actor: null }
const OPTIONS: Readonly<Record<string, string>> = {
  name: '--name',
  days: '--expires',
  apps: '--app',
  hosts: '--host',
  paths: '--path',
  methods: '--method',
  networks: '--network',
  api: '--api',
}

/** `token create`: the token stands alone on the last line, this once. */
export const createToken: Command = async (context, given) => {
  const owner = await getUser(context.database, textOf(given, 'login'))
  await context.policies.refresh()
  const wish = {
    name: textOf(given, 'name'),
    days: daysOf(optionalText(given, 'expires') ?? `${TOKEN_DAYS.usual}d`),
    apps: listOf(given, 'app'),
    hosts: listOf(given, 'host'),
    paths: listOf(given, 'path'),
    methods: listOf(given, 'method'),
    networks: listOf(given, 'network'),
    api: listOf(given, 'api')
      .flatMap((names) => names.split(','))
      .filter((name) => name !== ''),
  }
  const granted = await grantToken(partsOf(context), { userId: owner.id, login: owner.login }, wish, OPERATOR)
  if (granted.kind === 'no_owner') throw new OperatorError(`${owner.login} is disabled. Enable the user first.`)
  if (granted.kind === 'refused') {
    const faults = Object.entries(granted.faults).map(([field, sentence]) => `${OPTIONS[field] ?? field}: ${sentence}`)
    throw new OperatorError(faults.join('\n'), 2)
  }
  const { id, token, expiresAt } = granted
  const until = expiresAt.toISOString()
  const text = `Token ${id} of ${owner.login}, until ${until}. It is shown this once:\n${token}`
  return done(text, { id, login: owner.login, token, expires_at: until })
}

export const listTokens: Command = async ({ database, apiTokens }, given) => {
  const login = optionalText(given, 'login')
  const rows = await apiTokens.list(login === undefined ? null : (await getUser(database, login)).login, MAX_LISTED)
  return done(rows.length === 0 ? 'There are no tokens.' : show(rows), rows)
}

export const revokeOneToken: Command = async (context, given) => {
  const id = textOf(given, 'id')
  if (!UUID.test(id)) throw new OperatorError(`${id} is no token id. List them: postern token list`, 2)
  const revoked = await revokeToken(partsOf(context), id, null, OPERATOR)
  if (revoked === null) throw new OperatorError(`There is no such token, or it was revoked already: ${id}`)
  return done(`Revoked ${revoked.name} of ${revoked.login}.`, { id, ...revoked })
}

function partsOf({ database, feed, apiTokens, policies }: CommandContext): TokenParts {
  return { database, feed, apiTokens, policy: () => policies.current() }
}

/** @throws OperatorError for anything but whole days such as `90d` */
function daysOf(text: string): number {
  const [, days] = /^(\d{1,4})d$/.exec(text) ?? []
  if (days === undefined) throw new OperatorError(`--expires: Give whole days, such as ${TOKEN_DAYS.usual}d.`, 2)
  return Number(days)
}

function show(rows: readonly ApiTokenRow[]): string {
  return table(
    ['ID', 'USER', 'NAME', 'BEGINS', 'FOR', 'LAST USED', 'EXPIRES'],
    rows.map((row) => [
      row.id,
      row.login,
      row.name,
      `${row.prefix}…`,
      describeScope(row),
      row.last_used_at?.toISOString() ?? 'never',
      row.expires_at.toISOString(),
    ]),
  )
}
