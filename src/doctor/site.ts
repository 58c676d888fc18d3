import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { exchange } from './connection.ts'
import type { Endpoint } from './connection.ts'
import { headerOf } from './reply.ts'
import type { Reply } from './reply.ts'

/** The set-up that is looked at, through its proxy. */
export interface Site {
  /** A page of the app that nobody may see without signing in. */
  readonly url: URL
  /** Its path and query as they were written. */
  readonly page: string
  /** Path of a page that everybody may see, or null where none was named. */
  readonly openPage: string | null
  /** Cookie header of somebody who is signed in, or null. */
  readonly cookie: string | null
  readonly ask: Ask
}

export type Ask = (question: Question) => Promise<Seen>

/** One request; what is left out is what a browser would send that opens the page without being signed in. */
export interface Question {
  readonly method?: string
  /** As it stands on the request line. */
  readonly target?: string
  /** Value of Host; null sends none. */
  readonly host?: string | null
  /** Whole lines. */
  readonly headers?: readonly string[]
  readonly body?: Buffer
  readonly cookie?: string | null
  /** Value of Accept. */
  readonly accept?: string
  readonly connection?: string
}

/**
 * What a visitor sees. `passed`: the app was reached. `sign_in`: the visitor has to sign in first. `denied`: neither.
 * `silent`: there was no answer.
 */
export interface Seen extends Reply {
  readonly kind: 'passed' | 'sign_in' | 'denied' | 'redirect' | 'silent'
  /** True where the app shows the headers that it was sent, so that what isn't shown didn't reach it. */
  readonly echoes: boolean
  /** For people: status and where it leads. */
  readonly told: string
}

export interface SiteOptions {
  readonly url: URL
  /** Where to connect in place of the URL's own host and port. */
  readonly connectTo: { readonly host: string; readonly port: number } | null
  readonly insecure: boolean
  readonly openPage: string | null
}

const MAX_SHOWN = 200
const HTML = 'text/html,application/xhtml+xml,*/*;q=0.8'

/** A word that occurs nowhere else, so that finding it in an answer means that it was passed on. */
export function newMark(): string {
  return `doctor${randomBytes(8).toString('hex')}`
}

/** Asks one origin; each question goes over a connection of its own. */
export function createAsk({ url, connectTo, insecure }: Omit<SiteOptions, 'openPage'>): Ask {
  const endpoint = endpointOf(url, connectTo, insecure)
  return async (question) => {
    const control = newMark()
    const reply = await exchange(endpoint, bytesOf(url, question, control))
    if ('fault' in reply) return silent(reply.reason)
    return { ...reply, ...judge(reply, control), told: toldOf(reply) }
  }
}

/** Port that a URL means. */
function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port)
  return protocol === 'https:' ? 443 : 80
}

function endpointOf(url: URL, connectTo: SiteOptions['connectTo'], insecure: boolean): Endpoint {
  const name = url.hostname.replace(/^\[|\]$/g, '')
  const servername = url.protocol === 'https:' ? (isIP(name) === 0 ? name : '') : null
  return { host: name, port: portOf(url), ...connectTo, servername, insecure }
}

function bytesOf(url: URL, question: Question, control: string): Buffer {
  const { method = 'GET', target = url.pathname + url.search, host = url.host, headers = [], body, cookie } = question
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(host === null ? [] : [`Host: ${host}`]),
    `X-Doctor-Control: ${control}`,
    `Accept: ${question.accept ?? HTML}`,
    ...(cookie === undefined || cookie === null ? [] : [`Cookie: ${cookie}`]),
    ...headers,
    `Connection: ${question.connection ?? 'close'}`,
    ...(body === undefined ? [] : [`Content-Length: ${body.length}`]),
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body ?? Buffer.alloc(0)])
}

function judge(reply: Reply, control: string): Pick<Seen, 'kind' | 'echoes'> {
  const { status } = reply
  const echoes = reply.body.includes(control)
  if (echoes || status === 101 || (status >= 200 && status < 300)) return { kind: 'passed', echoes }
  if (status === 401 || headerOf(reply, 'location').includes('/.postern/start')) return { kind: 'sign_in', echoes }
  return { kind: status < 400 ? 'redirect' : 'denied', echoes }
}

function silent(reason: string): Seen {
  return { status: 0, headers: [], body: '', kind: 'silent', echoes: false, told: `no answer: ${reason}` }
}

function toldOf(reply: Reply): string {
  // It ends up on a terminal.
  const location = headerOf(reply, 'location')
    .replaceAll(/[^!-~]/g, '?')
    .slice(0, MAX_SHOWN)
  return location === '' ? String(reply.status) : `${reply.status} to ${location}`
}
