import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One section of the cookbook: a policy and what comes of it. */
export interface Recipe {
  readonly title: string
  readonly policy: string
  readonly rows: readonly Row[]
}

/** One line of a table. */
export interface Row {
  /** As the page has it, for messages. */
  readonly text: string
  readonly who: Who
  readonly asks: Asks
  readonly gets: Gets
}

export interface Who {
  /** Null for nobody. */
  readonly login: string | null
  readonly kind: 'browser' | 'program' | 'token' | 'basic_token'
  readonly factors: 1 | 2
  /** How long ago the factors were given. */
  readonly agoMs: number
  /** Narrows a token. */
  readonly scope: { readonly method: string; readonly path: string } | null
  readonly grant: { readonly role: string; readonly over: boolean } | null
}

export interface Asks {
  readonly method: string
  /** Null for the first host of the policy. */
  readonly host: string | null
  readonly target: string
  readonly from: string
  readonly by: 'page' | 'fetch' | 'websocket'
}

export interface Gets {
  readonly outcome: string
  /** Headers that the app is sent. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

export interface Cookbook {
  readonly cast: ReadonlyMap<string, readonly string[]>
  /** The words of the table that says what they mean. */
  readonly outcomes: readonly string[]
  readonly recipes: readonly Recipe[]
}

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/cookbook.md'), 'utf8')
const HOUR_MS = 3_600_000
const ANY_CLIENT = '203.0.113.7'

/** Reads the page; whatever in its tables can't be read throws. */
export function readCookbook(): Cookbook {
  const [intro = '', ...sections] = PAGE.split(/^### /m)
  const tables = intro.split('\n\n').filter((part) => part.startsWith('| '))
  const cast = cellsOf(tables[0] ?? '').map(([who = '', roles = '']) => [who, rolesOf(roles)] as const)
  const outcomes = cellsOf(tables[1] ?? '').map(([outcome = '']) => outcome)
  return { cast: new Map(cast), outcomes, recipes: sections.map(readRecipe) }
}

function rolesOf(text: string): string[] {
  return text === 'none' ? [] : text.split(', ')
}

function readRecipe(section: string): Recipe {
  const title = section.split('\n', 1)[0] ?? ''
  const policy = /^```yaml\n([^]*?)^```$/m.exec(section)?.[1] ?? ''
  const table = section.split('\n\n').find((part) => part.startsWith('| who | asks for | gets |')) ?? ''
  return { title, policy, rows: cellsOf(table).map(readRow) }
}

/** The cells of a table without its two first lines. */
function cellsOf(table: string): string[][] {
  const lines = table.trim().split('\n').slice(2)
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
}

function readRow([who = '', asks = '', gets = '']: readonly string[]): Row {
  return { text: `${who} | ${asks} | ${gets}`, who: readWho(who), asks: readAsks(asks), gets: readGets(gets) }
}

const TOKEN = /^a token of (\w+)(?: for ([A-Z]+) (\S+)| (by Basic))?$/
const PERSON =
  /^(\w+)(, second factor(?: an hour ago)?)?(?:, (?:granted (?<granted>\S+)|after the grant of (?<over>\S+)))?$/

function readWho(text: string): Who {
  const nobody = { login: null, factors: 1, agoMs: 0, scope: null, grant: null } as const
  if (text === 'nobody') return { ...nobody, kind: 'browser' }
  if (text === 'a program') return { ...nobody, kind: 'program' }
  const [, owner, method, path, basic] = TOKEN.exec(text) ?? []
  if (owner !== undefined) {
    const scope = method === undefined || path === undefined ? null : { method, path }
    return { ...nobody, login: owner, kind: basic === undefined ? 'token' : 'basic_token', scope }
  }
  return { ...nobody, ...readPerson(text) }
}

function readPerson(text: string): Pick<Who, 'login' | 'kind' | 'factors' | 'agoMs' | 'grant'> {
  const [all, login = '', second, ...rest] = PERSON.exec(text) ?? []
  const [granted, over] = rest
  if (all === undefined) throw new Error(`nobody reads who "${text}" is`)
  const role = granted ?? over
  return {
    login,
    kind: 'browser',
    factors: second === undefined ? 1 : 2,
    agoMs: second?.endsWith('an hour ago') === true ? HOUR_MS : 0,
    grant: role === undefined ? null : { role, over: over !== undefined },
  }
}

const ASKS = /^`([A-Z]+) ([^/`]*)(\/[^`]*)`(?: from (\S+))?( by fetch| as a WebSocket)?$/

function readAsks(text: string): Asks {
  const [all, method = '', host = '', target = '', from = ANY_CLIENT, by = ''] = ASKS.exec(text) ?? []
  if (all === undefined) throw new Error(`nobody reads what "${text}" asks for`)
  const how = by === ' by fetch' ? 'fetch' : by === '' ? 'page' : 'websocket'
  return { method, host: host === '' ? null : host, target, from, by: how }
}

function readGets(text: string): Gets {
  const headers = [...text.matchAll(/, `([\w-]+): ([^`]*)`/g)].map(
    ([, name = '', value = '']) => [name, value] as const,
  )
  return { outcome: text.replaceAll(/, `[^`]*`/g, ''), headers }
}
