import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PLAIN_LOOK } from '../../src/web/look.ts'
import { createProxy } from '../../src/verify/proxy.ts'
import { openUpstream } from '../../src/verify/upstream.ts'
import { listenOnFreePort, openTestApp } from '../support/app.ts'
import type { TestApp, TestAppOptions } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'
import { rawRequest } from '../support/http.ts'
import { readAnswer } from './ask.ts'
import type { Told } from './ask.ts'

/** A portal listener in front of an app, with alice of role user and her session. */
export interface ProxiedApp extends TestApp {
  readonly port: number
  readonly origin: string
  readonly alice: string
  /** Sends a request line and headers; `Host`, alice's cookie and `Connection: close` are there unless told otherwise. */
  readonly send: (line: string, options?: SendOptions) => Promise<Told>
}

export interface SendOptions {
  readonly more?: readonly string[]
  readonly body?: string
  readonly host?: string
  readonly anonymous?: boolean
}

export const PROXY_POLICY = `
version: 1
roles: { user: [], admin: [] }
apps:
  - name: app
    hosts: [localhost]
    scheme: http
    rules:
      - { path: /public/**, allow: anyone }
      - { path: /admin/**, require: { role: admin } }
      - require: {}
`

/** Starts Postern in proxy mode on `http://localhost` in front of the app at `upstream`. */
export async function openProxied(t: Cleanup, upstream: URL, options: TestAppOptions = {}): Promise<ProxiedApp> {
  const app = await openTestApp(t, {
    policy: PROXY_POLICY,
    ...options,
    env: { POSTERN_PUBLIC_URL: 'http://localhost/.postern', ...options.env },
    proxy: ({ gatewayParts, config, log }) => {
      const door = openUpstream(upstream)
      t.after(() => door.close())
      const { callers, cookies } = gatewayParts
      const ourCookies = [cookies.names.portal, '__Host-postern', '__Secure-postern']
      const { publicUrl, listen } = config
      const { trustedProxies } = callers
      return createProxy({
        ...gatewayParts,
        look: PLAIN_LOOK,
        log,
        upstream: door,
        listen,
        publicUrl,
        trustedProxies,
        ourCookies,
      })
    },
  })
  const port = await listenOnFreePort(app.portal)
  await app.addUser('alice', { roles: ['user'] })
  const alice = await app.token('alice')
  const send = async (line: string, { more = [], body = '', host, anonymous }: SendOptions = {}): Promise<Told> => {
    const cookie = anonymous === true ? [] : [`Cookie: postern=${alice}`]
    const lines = [`${line} HTTP/1.1`, `Host: ${host ?? 'localhost'}`, ...cookie, ...more, 'Connection: close']
    return readAnswer(await rawRequest(port, `${lines.join('\r\n')}\r\n\r\n${body}`))
  }
  return { ...app, port, origin: `http://127.0.0.1:${port}`, alice, send }
}

/** An app of the test's own. */
export async function startApp(
  t: Cleanup,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<URL> {
  const server = createServer(answer)
  t.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}
