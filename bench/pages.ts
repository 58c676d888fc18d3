import { setTimeout as delay } from 'node:timers/promises'
import { openPostgres } from '../src/store/postgres.ts'
import { statement } from '../src/store/statement.ts'
import { kindOf } from '../test/support/crawl.ts'
import { hiddenFields } from '../test/support/form.ts'
import { createVisitor } from '../test/support/http.ts'
import type { Visitor } from '../test/support/http.ts'
import { freePort } from '../test/support/ports.ts'
import { startPostern } from '../test/support/postern-process.ts'
import { LOGIN } from './cases.ts'
import { AUDIT_ROWS, populateForPages } from './pages-population.ts'
import { asTestContext, openPlace, runCommand } from './place.ts'
import type { Place, PlaceOptions } from './place.ts'
import { finding } from './sessions/finding.ts'
import type { Finding } from './sessions/finding.ts'
import { percentile } from './statistics.ts'
import { timed } from './times.ts'

interface Site {
  readonly origin: string
  readonly visitor: Visitor
}

const GOAL_MS = 200
const REQUESTS = 20
const MOST_PAGES = 150
const SEALING_MS = 600_000
/** Of the last 24 hours in five minutes each, but for the latest. */
const SUMMED = 23 * 12 - 2
const AS_PAGE = { accept: 'text/html' }
const PAGES_FROM = '/.postern/'
const API = '/.postern/api/v2'
/** Whether the program has done with the events what it does behind them. */
const IS_SETTLED = statement<[rows: number, sums: number], { settled: boolean }>(
  'is_settled',
  `select (select coalesce(sum(count), 0) from auth.audit_batches) >= $1
     and (select count(*) from auth.event_sums) >= $2 as settled`,
)

/** How long pages and lists of the API take an administrator: 10,000 people, 100,000 sessions, 1,000,000 events. */
export async function measurePages(options: PlaceOptions): Promise<Finding[]> {
  const { opened, progress, signal } = options
  const place = await openPlace(options)
  const database = openPostgres({ url: place.databaseUrl, poolSize: 1 })
  opened.defer(() => database.close())
  progress('writing a million events')
  await populateForPages(database)
  const origin = await startPortal(place, options)
  progress('waiting until the events are sealed and summed')
  const deadline = performance.now() + SEALING_MS
  while ((await database.query(IS_SETTLED, AUDIT_ROWS, SUMMED))[0]?.settled !== true && performance.now() < deadline)
    await delay(1_000, undefined, { signal })
  const site = await signIn(origin, place.password, opened)
  const paths = [...(await findPages(site)), ...(await findLists(site))]
  progress(`measuring ${paths.length} pages and lists`)
  return measureAll(site, paths, signal)
}

/** @returns its origin */
async function startPortal({ settings }: Place, { opened, signal }: Omit<PlaceOptions, 'progress'>): Promise<string> {
  await runCommand(settings, ['user', 'roles', LOGIN, '--add', 'postern-admin'], { signal })
  const listen = `127.0.0.1:${await freePort()}`
  const origin = `http://localhost:${listen.split(':')[1]}`
  const env = { ...settings, POSTERN_LISTEN: listen, POSTERN_PUBLIC_URL: `${origin}/.postern` }
  await startPostern(asTestContext(opened), env)
  return origin
}

async function signIn(origin: string, password: string, opened: AsyncDisposableStack): Promise<Site> {
  const visitor = createVisitor(asTestContext(opened))
  const action = '/.postern/login'
  const form = await visitor.visit(origin + action, { headers: AS_PAGE })
  const body = { ...hiddenFields(form.text, action), username: LOGIN, password }
  const { status, text } = await visitor.visit(origin + action, {
    method: 'POST',
    body,
    headers: { ...AS_PAGE, origin },
  })
  if (status !== 303) throw new Error(`nobody could sign in: ${status} ${text}`)
  return { origin, visitor }
}

/** Every kind of page that links lead to, once. */
async function findPages({ origin, visitor }: Site): Promise<string[]> {
  const waiting = [PAGES_FROM]
  const found = new Map<string, string>()
  for (let path = waiting.shift(); path !== undefined && found.size < MOST_PAGES; path = waiting.shift()) {
    if (found.has(kindOf(path))) continue
    const { status, text, headers } = await visitor.visit(origin + path, { headers: AS_PAGE })
    if (status !== 200 || !(headers['content-type'] ?? '').startsWith('text/html')) continue
    found.set(kindOf(path), path)
    waiting.push(...linksOf(text, origin))
  }
  return [...found.values()]
}

function linksOf(markup: string, origin: string): string[] {
  const links = [...markup.matchAll(/<a [^>]*href="([^"#]+)"/g)].map(([, href = '']) =>
    href.replaceAll('&#38;', '&').replace(origin, ''),
  )
  return links.filter((href) => href.startsWith('/.postern/') && !/\/export|\/logout|\/openapi/.test(href))
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** What the API's document says can be read without naming one thing. */
async function findLists({ origin, visitor }: Site): Promise<string[]> {
  const { status, text } = await visitor.visit(`${origin}${API}/openapi.json`)
  if (status !== 200) return []
  const readable = Object.entries((JSON.parse(text) as OpenApi).paths).filter(([, item]) => 'get' in item)
  const paths = readable.map(([path]) => (path.startsWith('/api/v2') ? `/.postern${path}` : API + path))
  return paths.filter((path) => !/\{|export|openapi/.test(path))
}

// In turns, so that what else the machine does falls on all alike.
async function measureAll(
  { origin, visitor }: Site,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const measured = paths.map((path) => ({ path, durations: [] as number[], statuses: new Set<number>() }))
  for (let round = 0; round < REQUESTS; round++) {
    for (const { path, durations, statuses } of measured) {
      signal.throwIfAborted()
      const { status } = await timed(durations, () => visitor.visit(origin + path, { headers: AS_PAGE }))
      statuses.add(status)
    }
  }
  return measured.flatMap(({ path, durations, statuses }) => {
    const name = [...statuses].join() === '200' ? path : `${path} (${[...statuses].join()})`
    return [
      finding(`${name}, p50`, percentile(durations, 0.5), 'ms'),
      finding(`${name}, p95`, percentile(durations, 0.95), 'ms', GOAL_MS),
    ]
  })
}
