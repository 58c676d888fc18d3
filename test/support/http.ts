import { connect as connectPlain, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { Agent, buildConnector, request, type Dispatcher } from 'undici'
import { CookieJar } from './cookie-jar.ts'
import type { Hosts } from './chromium.ts'

export interface Reply {
  readonly status: number
  /** Names in lower case; several lines of one name are joined by `, `, but for `setCookie`. */
  readonly headers: Readonly<Record<string, string>>
  readonly setCookie: readonly string[]
  readonly text: string
}

export interface VisitOptions {
  readonly method?: Dispatcher.HttpMethod
  readonly headers?: Readonly<Record<string, string | string[]>>
  /** Sent as it is; an object goes as a form. */
  readonly body?: string | Buffer | Readonly<Record<string, string>>
  /** Follow up to this many redirects, as a browser does; 0 unless given. */
  readonly redirects?: number
}

/** One person with one browser, reduced to HTTP and cookies. */
export interface Visitor {
  readonly jar: CookieJar
  readonly visit: (url: string, options?: VisitOptions) => Promise<Reply>
}

const RAW_DEADLINE_MS = 10_000

/** Gives a visitor with a jar of its own. Named hosts are reached on their ports of 127.0.0.1; certificates go unchecked. */
export function createVisitor(t: TestContext, options: { readonly hosts?: Hosts } = {}): Visitor {
  const agent = new Agent({ connect: connector(options.hosts ?? {}), headersTimeout: 30_000 })
  t.after(() => agent.destroy())
  const jar = new CookieJar()
  return { jar, visit: (url, visitOptions = {}) => visit({ agent, jar }, new URL(url), visitOptions) }
}

/**
 * Writes the bytes as they are, and reads until the server closes.
 * @param bytes a string is taken as latin-1
 * @param options `servername` makes it TLS with that name; `until` ends the reading early, at this text
 */
export async function rawRequest(
  port: number,
  bytes: string | Buffer,
  options: { readonly servername?: string; readonly until?: string } = {},
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = openSocket(port, options.servername)
  const finish = (error?: Error): void => {
    socket.destroy()
    if (error === undefined) resolve(received)
    else reject(new Error(`${error.message} after ${JSON.stringify(received)}`, { cause: error }))
  }
  let received = ''
  socket.setTimeout(RAW_DEADLINE_MS, () => finish(new Error('no end of the answer')))
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1')
    if (options.until !== undefined && received.includes(options.until)) finish()
  })
  socket.on('error', finish)
  socket.on('close', () => finish())
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  return promise
}

/** Status of the first answer in what `rawRequest` read, or null when there is none. */
export function rawStatus(received: string): number | null {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(received)?.[1]
  return status === undefined ? null : Number(status)
}

function openSocket(port: number, servername: string | undefined): Socket {
  if (servername === undefined) return connectPlain(port, '127.0.0.1')
  return connectTls({ port, host: '127.0.0.1', servername, rejectUnauthorized: false })
}

function connector(hosts: Hosts): buildConnector.connector {
  const connect = buildConnector({ rejectUnauthorized: false })
  return (target, callback) => {
    const port = hosts[target.hostname]
    if (port === undefined) return connect(target, callback)
    connect({ ...target, hostname: '127.0.0.1', port: String(port), servername: target.hostname }, callback)
  }
}

async function visit(visitor: { agent: Agent; jar: CookieJar }, url: URL, options: VisitOptions): Promise<Reply> {
  const cookie = visitor.jar.header(url)
  const form = isForm(options.body)
  const answer = await request(url, {
    dispatcher: visitor.agent,
    method: options.method ?? 'GET',
    headers: {
      ...(cookie !== '' && { cookie }),
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...options.headers,
    },
    body: body(options.body),
  })
  const reply = await read(answer)
  visitor.jar.store(url, reply.setCookie)
  return follow(visitor, url, options, reply)
}

async function follow(
  visitor: { agent: Agent; jar: CookieJar },
  from: URL,
  options: VisitOptions,
  reply: Reply,
): Promise<Reply> {
  const location = reply.headers['location']
  const left = options.redirects ?? 0
  if (left === 0 || location === undefined || reply.status < 300 || reply.status > 399) return reply
  return visit(visitor, new URL(location, from), { redirects: left - 1, headers: options.headers ?? {} })
}

async function read(answer: Dispatcher.ResponseData): Promise<Reply> {
  const setCookie = [answer.headers['set-cookie'] ?? []].flat()
  const lines = Object.entries(answer.headers).map(([name, value]) => [name, [value].flat().join(', ')] as const)
  return { status: answer.statusCode, headers: Object.fromEntries(lines), setCookie, text: await answer.body.text() }
}

function body(given: VisitOptions['body']): string | Buffer | null {
  if (given === undefined) return null
  return isForm(given) ? new URLSearchParams(given).toString() : given
}

function isForm(given: VisitOptions['body']): given is Readonly<Record<string, string>> {
  return typeof given === 'object' && !Buffer.isBuffer(given)
}
