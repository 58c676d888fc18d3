import type { CookieScope } from './address-checks.ts'
import { look } from './finding.ts'
import { headerOf } from './reply.ts'
import { createAsk } from './site.ts'
import type { Question, Seen, SiteOptions } from './site.ts'

/** What a browser keeps once somebody has signed in. */
export interface SignedIn {
  /** Cookie header for the app's host. */
  readonly cookie: string
  readonly cookieScope: CookieScope
  /** Ends the sign-in; false where that can't be seen to have worked. */
  readonly signOut: () => Promise<boolean>
}

interface Cookie {
  readonly name: string
  readonly value: string
  readonly host: string
  readonly domain: string | null
}

type Way = Omit<SiteOptions, 'openPage'>

/** Told where signing out can't be seen to have worked. */
export const STILL_SIGNED_IN = look(
  'still_signed_in',
  'The sign-in that this examination made could not be ended.',
  'See where /.postern/logout of this host leads, and end it: postern session revoke --user LOGIN.',
)

const MAX_STEPS = 10
const SIGN_OUT = '/.postern/logout'

/**
 * Signs in as a person would: opens the page, sends the form where that leads, and follows the way back.
 * @returns a sentence that says where it ended, when that is not at the page
 */
export async function signInAt(way: Way, login: string, password: string): Promise<SignedIn | string> {
  const jar: Cookie[] = []
  const form = await follow(way, jar, { url: way.url, question: {} })
  const csrf = hiddenField(form.seen.body, 'csrf')
  if (csrf === '') return `No sign-in page was reached: ${form.url.host} answered ${form.seen.told}.`
  const rd = hiddenField(form.seen.body, 'rd')
  const fields = new URLSearchParams({ username: login, password, csrf, ...(rd !== '' && { rd }) })
  const end = await send(way, jar, new URL(form.url.pathname, form.url), fields)
  if (end.seen.kind !== 'passed') return `Signing in ended at ${end.url.host} with ${end.seen.told}.`
  if (hiddenField(end.seen.body, 'csrf') !== '')
    return `Signing in led back to the form at ${end.url.host}: its cookie does not hold.`
  return { cookie: headerFor(jar, way.url), cookieScope: scopeOf(jar), signOut: () => signOutAt(way, jar) }
}

async function signOutAt(way: Way, jar: Cookie[]): Promise<boolean> {
  const url = new URL(SIGN_OUT, way.url)
  const csrf = hiddenField((await follow(way, jar, { url, question: {} })).seen.body, 'csrf')
  if (csrf === '') return false
  await send(way, jar, url, new URLSearchParams({ csrf }))
  return (await visit(way, jar, { url: way.url, question: {} })).kind === 'sign_in'
}

function send(way: Way, jar: Cookie[], url: URL, fields: URLSearchParams): Promise<{ url: URL; seen: Seen }> {
  const headers = ['Content-Type: application/x-www-form-urlencoded', `Origin: ${url.origin}`]
  const question = { method: 'POST', headers, body: Buffer.from(fields.toString()) }
  return follow(way, jar, { url, question })
}

/** Of the cookie that says who is signed in, on whichever host that is. */
function scopeOf(jar: readonly Cookie[]): CookieScope {
  const session = jar.find(({ name }) => /^(?:__(?:Host|Secure)-)?postern(?:_app)?$/.test(name))
  if (session === undefined) return { kind: 'unseen' }
  return session.domain === null ? { kind: 'host' } : { kind: 'domain', domain: session.domain }
}

interface Step {
  readonly url: URL
  readonly question: Question
}

async function follow(way: Way, jar: Cookie[], { url, question }: Step): Promise<{ url: URL; seen: Seen }> {
  let [at, seen] = [url, await visit(way, jar, { url, question })]
  for (let step = 0; step < MAX_STEPS; step++) {
    const location = headerOf(seen, 'location')
    const next = URL.parse(location, at.href)
    if (location === '' || next === null || !/^https?:$/.test(next.protocol)) break
    ;[at, seen] = [next, await visit(way, jar, { url: next, question: {} })]
  }
  return { url: at, seen }
}

async function visit({ connectTo, insecure }: Way, jar: Cookie[], { url, question }: Step): Promise<Seen> {
  const ask = createAsk({ url, connectTo, insecure })
  const cookie = headerFor(jar, url)
  const seen = await ask({ ...question, cookie: cookie === '' ? null : cookie })
  for (const [name, value] of seen.headers) if (name === 'set-cookie') store(jar, url, value)
  return seen
}

function store(jar: Cookie[], { hostname: host }: URL, line: string): void {
  const equals = line.indexOf('=')
  const name = line.slice(0, equals)
  const value = line
    .slice(equals + 1)
    .split(';', 1)
    .join('')
  const domain = /;\s*domain=\.?([^;]+)/i.exec(line)?.[1] ?? null
  const old = jar.findIndex((kept) => kept.name === name && kept.host === host)
  if (old !== -1) jar.splice(old, 1)
  if (value !== '') jar.push({ name, value, host, domain })
}

function headerFor(jar: readonly Cookie[], { hostname }: URL): string {
  const goesThere = ({ host, domain }: Cookie): boolean =>
    domain === null ? host === hostname : hostname === domain || hostname.endsWith(`.${domain}`)
  return jar
    .filter(goesThere)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')
}

function hiddenField(markup: string, name: string): string {
  return new RegExp(`name="${name}"[^>]*value="([^"]*)"`).exec(markup)?.[1] ?? ''
}
