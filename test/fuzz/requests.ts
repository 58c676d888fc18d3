import type { Dice } from './dice.ts'

/** One request before it is bytes. */
export interface Lines {
  readonly line: string
  readonly headers: readonly Header[]
  readonly body: string
}

/** `between` stands after the name: a colon, mostly with a blank. */
export interface Header {
  readonly name: string
  readonly between: string
  readonly value: string
}

export interface Visitors {
  /** Tokens of people whom memory knows. */
  readonly known: readonly [string, ...string[]]
  /** Of somebody who is found a little later. */
  readonly late: string
}

/** What a request is made with. */
export interface Making {
  readonly dice: Dice
  readonly visitors: Visitors
  /** Shows in the answer to whoever isn't signed in. */
  readonly path: string
  readonly mayBeLate: boolean
}

const HOSTS = ['app.example.com', 'a.team.example.com', 'wide.example.com', 'unknown.example.com'] as const
const PLACES = ['', '', '/public', '/admin', '/api', '/old'] as const
const METHODS = ['GET', 'GET', 'GET', 'GET', 'HEAD', 'POST', 'DELETE', 'PROPFIND'] as const
const APPS = ['app', 'app', 'app', 'app', 'app', 'team', 'wide', 'unknown'] as const

const EXTRAS: readonly [Header, ...Header[]] = [
  header('Accept', '*/*'),
  header('Sec-Fetch-Mode', 'navigate'),
  header('Sec-Fetch-Mode', 'cors'),
  header('User-Agent', 'Mozilla/5.0 (X11; Linux x86_64)'),
  header('X-Requested-With', 'XMLHttpRequest'),
  header('X-Forwarded-For', '203.0.113.9'),
  header('X-Real-IP', '203.0.113.9'),
  header('Remote-User', 'root'),
  header('Remote_User', 'root'),
  header('X-HTTP-Method-Override', 'DELETE'),
  header('X-Empty', ''),
  header('X-Latin', 'caf\xe9 \xff'),
  header('X-Tab', 'a\tb'),
  header('X-Quoted', '"a, b"; c=\\"'),
  header("!#$%&'*+.^_`|~", 'every sign of a token'),
  header('X-Long', 'l'.repeat(3_000)),
  header('Content-Length', '0'),
  header('Cookie', 'other=1; __Host-postern=forged'),
  header('__proto__', 'x'),
  header('constructor', 'x'),
]

/** A request as a proxy would send it: in any order, letter case and number of headers. */
export function properRequest(making: Making): Lines {
  const { dice } = making
  const dialect = dice.pick(['nginx', 'nginx', 'forward', 'forward', 'ingress-nginx', 'ngf', 'ext-authz'])
  const method = dialect === 'forward' && dice.chance(20) ? dice.pick(METHODS) : dice.pick(['GET', 'GET', 'HEAD'])
  const extras = Array.from({ length: dice.below(5) }, () => dice.pick(EXTRAS))
  // Then the answer names the path that was asked for.
  if (dice.chance(60)) extras.push(header('Accept', 'text/html,application/xhtml+xml,*/*;q=0.8'))
  const host = dialect === 'ngf' ? [] : [header('Host', dice.pick(['postern', 'postern:9081', ...HOSTS]))]
  const headers = dice.shuffle([...host, ...describe(dialect, making), ...visitorOf(making), ...extras])
  return {
    line: `${method} ${urlOf(dialect, making)} HTTP/1.1`,
    headers: headers.map((each) => spelt(dice, each)),
    body: '',
  }
}

export function bytesOf({ line, headers, body }: Lines): string {
  return `${line}\r\n${headers.map(({ name, between, value }) => `${name}${between}${value}\r\n`).join('')}\r\n${body}`
}

export function header(name: string, value: string, between = ': '): Header {
  return { name, between, value }
}

function urlOf(dialect: string, { dice, path }: Making): string {
  const isNamed = dialect === 'ingress-nginx' || dialect === 'ngf' || dialect === 'ext-authz' || dice.chance(60)
  const rest = dialect === 'ext-authz' ? path : ''
  return `/verify/${dialect}${isNamed ? `/app/${dice.pick(APPS)}${rest}` : ''}`
}

function describe(dialect: string, { dice, path }: Making): Header[] {
  const method = dice.pick(METHODS)
  const host = dice.pick([HOSTS[0], HOSTS[0], HOSTS[0], HOSTS[0], HOSTS[0], ...HOSTS])
  const target = `${dice.pick(PLACES)}${path}`
  const address = dice.pick(['203.0.113.7', '2001:db8::1', '10.0.0.1'])
  switch (dialect) {
    case 'nginx':
      return [
        header('X-Original-Method', method),
        header('X-Original-Proto', 'https'),
        header('X-Original-Host', host),
        header('X-Original-URI', target),
        header('X-Real-IP', address),
      ]
    case 'forward':
      return [
        header('X-Forwarded-Method', method),
        header('X-Forwarded-Proto', dice.pick(['https', 'http', 'wss'])),
        header('X-Forwarded-Host', host),
        header('X-Forwarded-Uri', target),
        header('X-Forwarded-For', address),
      ]
    case 'ingress-nginx':
      return [
        header('X-Original-Method', method),
        header('X-Original-URL', `https://${host}${target}`),
        header('X-Real-IP', address),
      ]
    case 'ngf':
      return [header('Method', method), header('Host', host), header('Path', target)]
    default:
      return [header('X-Forwarded-Proto', 'https'), header('X-Forwarded-For', address)]
  }
}

function visitorOf({ dice, visitors, mayBeLate }: Making): Header[] {
  if (dice.chance(35)) return []
  const token = mayBeLate && dice.chance(20) ? visitors.late : dice.pick(visitors.known)
  return [header('Cookie', `theme=dark; __Host-postern=${token}`)]
}

function spelt(dice: Dice, { name, value, between }: Header): Header {
  const spelling = dice.below(4)
  const letters = (): string =>
    Array.from(name, (sign) => (dice.chance(50) ? sign.toUpperCase() : sign.toLowerCase())).join('')
  const said = spelling === 0 ? name.toLowerCase() : spelling === 1 ? letters() : name
  return { name: said, value, between: dice.chance(10) ? ':' : between }
}
