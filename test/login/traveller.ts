import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { listenOnFreePort, openTestApp, PASSWORD } from '../support/app.ts'
import type { TestApp, TestAppOptions } from '../support/app.ts'
import { CookieJar } from '../support/cookie-jar.ts'
import type { Cleanup } from '../support/directories.ts'

export const PORTAL = 'https://auth.example.com'
export const APP = 'https://app.example.com'
export const WIKI = 'https://wiki.example.org'
export const WIDE = 'https://wide.example.net:8443'

/** Apps on unrelated domains, none of them on the portal's host. */
export const DOMAINS_POLICY = [
  'version: 1',
  'apps:',
  '  - { name: app, hosts: [app.example.com], rules: [{ path: /old/**, deny: true }, { require: {} }] }',
  '  - { name: wiki, hosts: [wiki.example.org], rules: [{ require: {} }] }',
  '  - { name: wide, hosts: [wide.example.net], port: 8443, rules: [{ require: {} }] }',
  "  - { name: team, hosts: ['*.team.example.com'], rules: [{ require: {} }] }",
  '',
].join('\n')

/** What came of opening an address. */
export interface Stop {
  readonly url: string
  readonly status: number
  /** Names in lower case; several lines of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly setCookie: readonly string[]
  readonly text: string
  /** Whom the gateway let in; null where it didn't, empty for nobody. */
  readonly user: string | null
}

/** One browser that goes from host to host, as behind a proxy that asks the gateway and routes `/.postern/`. */
export interface Traveller {
  readonly jar: CookieJar
  /** Opens a page; follows redirects for as many times as told, none unless told. */
  readonly open: (url: string, redirects?: number, headers?: OutgoingHttpHeaders) => Promise<Stop>
  /** Sends a form of a page on that host. */
  readonly post: (url: string, body: Readonly<Record<string, string>>, headers?: OutgoingHttpHeaders) => Promise<Stop>
  /** Opens a page, signs in where that leads, with further fields of the form, and follows to the end. */
  readonly signIn: (url: string, login?: string, more?: Readonly<Record<string, string>>) => Promise<Stop>
  readonly cookie: (url: string, name: string) => string | null
}

export interface Domains extends TestApp {
  readonly travel: () => Traveller
  /** The verify listener's word on a page with exactly these cookies. */
  readonly verdict: (url: string, cookie: string) => Promise<string>
}

const REDIRECTS = 8

/** The program on a portal host of its own, with both listeners open and alice in it. */
export async function openDomains(t: Cleanup, options: TestAppOptions = {}): Promise<Domains> {
  const env = { POSTERN_PUBLIC_URL: PORTAL, ...options.env }
  const app = await openTestApp(t, { policy: DOMAINS_POLICY, ...options, env })
  const ports = { portal: await listenOnFreePort(app.portal), verify: await listenOnFreePort(app.verify) }
  await app.addUser('alice')
  const portalUrl = new URL(env.POSTERN_PUBLIC_URL)
  return {
    ...app,
    travel: () => createTraveller(ports, portalUrl),
    verdict: async (url, cookie) => {
      const { user, status } = await visitApp(ports.verify, new URL(url), { cookie })
      return user === null ? String(status) : `user ${user}`
    },
  }
}

/** Value of a hidden field of a page, or an empty text. */
export function hiddenField({ text }: Pick<Stop, 'text'>, name: string): string {
  return new RegExp(`name="${name}"[^>]*value="([^"]*)"`).exec(text)?.[1] ?? ''
}

interface Ports {
  readonly portal: number
  readonly verify: number
}

function createTraveller(ports: Ports, portalUrl: URL): Traveller {
  const jar = new CookieJar()
  const visit = async (
    method: 'GET' | 'POST',
    url: URL,
    headers: OutgoingHttpHeaders,
    body?: string,
  ): Promise<Stop> => {
    const cookie = jar.header(url)
    const all = { ...(cookie !== '' && { cookie }), ...headers }
    const isPortal = url.host === portalUrl.host && portalUrl.pathname === '/'
    const isOurs = isPortal || url.pathname.startsWith('/.postern/')
    const stop = isOurs
      ? await visitPortal(ports.portal, { method, url, headers: all, body })
      : await visitApp(ports.verify, url, all)
    // The jar is one for exact hosts; tests of a shared domain send that cookie themselves.
    jar.store(
      url,
      stop.setCookie.filter((line) => !line.includes('; Domain=')),
    )
    return stop
  }
  const open: Traveller['open'] = async (url, redirects = 0, headers = {}) => {
    const stop = await visit('GET', new URL(url), headers)
    return redirects === 0 ? stop : follow(stop, redirects)
  }
  const follow = async (stop: Stop, left: number): Promise<Stop> => {
    const { location } = stop.headers
    if (location === undefined || left === 0) return stop
    return follow(await open(new URL(location, stop.url).href), left - 1)
  }
  const post: Traveller['post'] = (url, body, headers = {}) => {
    const own = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }
    const { origin } = new URL(url)
    return visit('POST', new URL(url), { origin, ...own, ...headers }, new URLSearchParams(body).toString())
  }
  const signIn: Traveller['signIn'] = async (url, login = 'alice', more = {}) => {
    const form = await open(url, REDIRECTS)
    const fields = { csrf: hiddenField(form, 'csrf'), username: login, password: PASSWORD, ...more }
    const rd = hiddenField(form, 'rd')
    const sent = await post(new URL(form.url).origin + pathOf(form.url), { ...fields, ...(rd !== '' && { rd }) })
    return follow(sent, REDIRECTS)
  }
  return { jar, open, post, signIn, cookie: (url, name) => jar.value(new URL(url), name) }
}

function pathOf(url: string): string {
  return new URL(url).pathname
}

interface Sent {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly headers: OutgoingHttpHeaders
  readonly body: string | undefined
}

async function visitPortal(port: number, { method, url, headers, body }: Sent): Promise<Stop> {
  const path = url.pathname + url.search
  const answer = await exchange(port, method, path, { host: url.host, ...headers }, body)
  return { url: url.href, ...answer, user: null }
}

/** As the shipped nginx: a 401 that names an address becomes a redirect to it. */
async function visitApp(port: number, url: URL, headers: OutgoingHttpHeaders): Promise<Stop> {
  const asked = {
    'x-original-method': 'GET',
    'x-original-proto': 'https',
    'x-original-host': url.host,
    'x-original-uri': url.pathname + url.search,
    'x-real-ip': '203.0.113.7',
    accept: 'text/html',
  }
  const answer = await exchange(port, 'GET', '/verify/nginx', { host: 'postern', ...asked, ...headers })
  const location = answer.headers['x-postern-location']
  if (answer.status === 401 && location !== undefined)
    return { url: url.href, ...answer, status: 302, headers: { location }, user: null }
  return { url: url.href, ...answer, user: answer.status === 200 ? (answer.headers['remote-user'] ?? '') : null }
}

async function exchange(
  port: number,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders,
  body?: string,
): Promise<Omit<Stop, 'url' | 'user'>> {
  const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false })
  sent.end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const { 'set-cookie': setCookie = [], ...others } = answer.headers
  const lines = Object.entries(others).map(([name, value]) => [name, String(value)] as const)
  return { status: answer.statusCode ?? 0, headers: Object.fromEntries(lines), setCookie, text: await text(answer) }
}
