import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import { listenOnFreePort, openTestApp, ORIGIN, PASSWORD } from '../support/app.ts'
import type { TestApp, TestAppOptions } from '../support/app.ts'
import { CookieJar } from '../support/cookie-jar.ts'
import type { Cleanup } from '../support/directories.ts'

export interface Page {
  readonly status: number
  /** Names in lower case; several lines of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly setCookie: readonly string[]
  readonly text: string
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string | string[]>>
  /** An object goes as a form; anything else as it is. */
  readonly body?: Readonly<Record<string, string>> | string | Buffer
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** One person with one browser on the portal; sends what browsers send of where a request comes from. */
export interface Browser {
  readonly jar: CookieJar
  readonly send: (method: Method, path: string, sent: Sent) => Promise<Page>
  readonly get: (path: string, sent?: Sent) => Promise<Page>
  readonly post: (path: string, sent: Sent) => Promise<Page>
  /** Opens the sign-in page and sends its form, with these fields changed. */
  readonly signIn: (fields?: Readonly<Record<string, string>>, sent?: Sent) => Promise<Page>
}

const AS_FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** @param origin where the browser believes the portal is */
export function createBrowser(portal: FastifyInstance, origin: string = ORIGIN): Browser {
  const jar = new CookieJar()
  const url = (path: string): URL => new URL(path, origin)
  const send = async (method: Method, path: string, { headers, body }: Sent): Promise<Page> => {
    const cookie = jar.header(url(path))
    const isForm = body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body)
    const all = {
      host: new URL(origin).host,
      ...(cookie !== '' && { cookie }),
      ...(method !== 'GET' && { origin, 'sec-fetch-site': 'same-origin' }),
      ...(isForm && AS_FORM),
      ...headers,
    }
    const page = await exchange(
      portal,
      { method, path, headers: all },
      isForm ? new URLSearchParams(body).toString() : body,
    )
    jar.store(url(path), page.setCookie)
    return page
  }
  const get = (path: string, sent: Sent = {}): Promise<Page> => send('GET', path, sent)
  const post = (path: string, sent: Sent): Promise<Page> => send('POST', path, sent)
  return {
    jar,
    send,
    get,
    post,
    async signIn(fields = {}, sent = {}) {
      const csrf = hidden(await get('/.postern/login'), 'csrf')
      const body = { username: 'alice', password: PASSWORD, csrf, ...fields }
      return post('/.postern/login', { ...sent, body })
    },
  }
}

/** As `openTestApp`, with its portal listening. */
export async function openPortal(t: Cleanup, options: TestAppOptions = {}): Promise<TestApp> {
  const app = await openTestApp(t, options)
  await listenOnFreePort(app.portal)
  return app
}

/** Value of a hidden field of a page, or an empty text. */
export function hidden({ text }: Page, name: string): string {
  return new RegExp(`name="${name}"[^>]*value="([^"]*)"`).exec(text)?.[1] ?? ''
}

/** The page without what is random in it: csrf, request ids. */
export function withoutRandom(text: string): string {
  return text.replace(/value="[\w-]{43}"/g, 'value="…"').replace(/<code>[\w-]{22}<\/code>/g, '<code>…</code>')
}

async function exchange(
  { server }: FastifyInstance,
  options: RequestOptions,
  body: string | Buffer | undefined,
): Promise<Page> {
  const { port } = server.address() as AddressInfo
  const sent = request({ ...options, host: '127.0.0.1', port, agent: false })
  sent.end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const { 'set-cookie': setCookie = [], ...others } = answer.headers
  const lines = Object.entries(others).map(([name, value]) => [name, String(value)] as const)
  return { status: answer.statusCode ?? 0, headers: Object.fromEntries(lines), setCookie, text: await text(answer) }
}
