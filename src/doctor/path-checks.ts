import { orFine, unchecked, wrong } from './finding.ts'
import type { Finding } from './finding.ts'
import type { Question, Seen, Site } from './site.ts'

/** Other ways to write a path, which some servers read as the same one. */
const SPELLINGS: readonly ((path: string) => string)[] = [
  (path) => `/${path}`,
  (path) => `/.${path}`,
  (path) => `/doctor/..${path}`,
  (path) => `/doctor/..%2f${path.slice(1)}`,
  (path) => `/%2e${path}`,
  (path) => `/doctor/%2e%2e${path}`,
  (path) => `/;doctor${path}`,
  (path) => `${path};doctor`,
  (path) => `${path};a=b.css`,
  (path) => `${path}/.`,
  (path) => `${path}%20`,
  (path) => `${path}.`,
  (path) => `${path}%00`,
  (path) => `${path}%3Fdoctor`,
  (path) => path.toUpperCase(),
  (path) => path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (path) => path.replace(/[a-z]/, (letter) => `%25${letter.charCodeAt(0).toString(16)}`),
  (path) => path.replaceAll('/', '\\').replace('\\', '/'),
]

/** Ways out of a folder that everybody may see. */
const ESCAPES = ['/../', '/..%2f', '/%2e%2e/', '/..;/', '/.%2e/', '/x/../../', '/..%5c', '/%252e%252e/', '//../']

/** Headers by which another proxy family names the path or the method; each alone, with what they would say. */
const NAMERS = [
  'X-Original-URI',
  'X-Original-URL',
  'X-Rewrite-URL',
  'X-Forwarded-Uri',
  'X-Forwarded-Path',
  'X-Auth-Request-Redirect',
  'Path',
]
const METHOD_NAMERS = ['X-Original-Method', 'X-Forwarded-Method', 'X-HTTP-Method-Override', 'Method']

/** Paths that sites leave open, where none was named. */
const GUESSES = ['/public/', '/healthz', '/robots.txt', '/favicon.ico']

/** From nothing at all to the page itself. */
const STRENGTH: readonly Seen['kind'][] = ['silent', 'denied', 'redirect', 'sign_in', 'passed']

/** Whether another spelling of the path opens it. */
export async function checkPaths(site: Site): Promise<readonly Finding[]> {
  const path = site.page.split('?', 1).join('')
  const spelled = SPELLINGS.map((spell) => spell(path))
  const folder =
    site.openPage
      ?.split('?', 1)
      .join('')
      .replace(/\/[^/]*$/, '') ?? null
  const escaped = folder === null ? [] : ESCAPES.map((escape) => folder + escape + path.slice(1))
  const targets = [...new Set([...spelled, ...escaped])].filter((target) => target !== path)
  const opened = await atLeast(
    site,
    STRENGTH.indexOf('passed'),
    targets.map((target) => ({ target })),
  )
  const change =
    'Hand the path on to the gateway and to the app exactly as it came, such as $request_uri and a proxy_pass without path.'
  const found = opened.map(({ target }) => wrong('path_reading', `Written as ${target} the page is open.`, change))
  const told = orFine(found, 'paths', `${targets.length} other ways to write ${path} open nothing.`)
  if (folder !== null) return told
  return [
    ...told,
    unchecked(
      'path_escapes',
      'Ways out of an open folder were not tried.',
      'Name a page for everybody: --open /public/',
    ),
  ]
}

/** Whether the page opens by a header that names another one. */
export async function checkNamers(site: Site): Promise<readonly Finding[]> {
  const origin = site.url.origin
  const paths = site.openPage === null ? GUESSES : [site.openPage]
  const headers = [
    ...paths.flatMap((path) => NAMERS.map((name) => `${name}: ${name.endsWith('URL') ? origin + path : path}`)),
    ...paths.map((path) => `X-Original-URL: ${path}`),
    ...METHOD_NAMERS.flatMap((name) => ['OPTIONS', 'HEAD'].map((method) => `${name}: ${method}`)),
    'X-Forwarded-Host: doctor.invalid',
    'X-Original-Host: doctor.invalid',
    'X-Forwarded-For: 127.0.0.1',
    'X-Real-IP: 127.0.0.1',
  ]
  const { kind } = await site.ask({ target: site.page })
  const asked = headers.map((line) => ({ target: site.page, headers: [line] }))
  const opened = await atLeast(site, STRENGTH.indexOf(kind) + 1, asked)
  const change =
    'The proxy must set every header that its dialect reads itself, and its verify URL must name that dialect.'
  const found = opened.map(({ headers: [line] }) =>
    wrong('named_path', `With "${line}" the page is answered as if it were another one.`, change),
  )
  return orFine(
    found,
    'named_paths',
    `None of ${headers.length} headers that name another path, method or client makes a difference.`,
  )
}

/** Those of the questions that get that much, asked one after the other: nobody's site should feel it. */
async function atLeast<Q extends Question>(
  { ask }: Site,
  strength: number,
  questions: readonly Q[],
): Promise<readonly Q[]> {
  const found: Q[] = []
  for (const question of questions) {
    const { kind } = await ask(question)
    if (STRENGTH.indexOf(kind) >= strength) found.push(question)
  }
  return found
}
