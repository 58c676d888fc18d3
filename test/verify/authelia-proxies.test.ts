import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { listenOnFreePort, openTestApp, PASSWORD } from '../support/app.ts'
import { headerValues, startEchoApp } from '../support/echo-app.ts'
import type { EchoedRequest } from '../support/echo-app.ts'
import { rawRequest, rawStatus } from '../support/http.ts'
import { startAutheliaCaddy, startAutheliaNginx } from './authelia-proxies.ts'
import type { Behind } from './authelia-proxies.ts'

const PORTAL = 'https://auth.example.com'
const APP = 'https://app.example.com'
/** As browsers really send it. */
const ODD = '/files/a%2Fb?p=C:\\temp&q=100%'
const POLICY = `
version: 1
roles: { staff: [], admin: [] }
apps:
  - name: app
    hosts: [app.example.com]
    rules:
      - { path: /public/**, allow: anyone }
      - { path: /admin/**, require: { role: admin } }
      - require: {}
  - name: open
    hosts: [open.example.com]
    rules: [{ allow: anyone }]
`

interface Page {
  readonly url: string
  readonly status: number
  readonly location: string | undefined
  readonly text: string
}

interface Site {
  readonly port: number
  readonly appSaw: () => EchoedRequest | undefined
  readonly open: (url: string, form?: Readonly<Record<string, string>>) => Promise<Page>
}

type StartProxy = (t: TestContext, behind: Behind) => Promise<number>

async function openSite(t: TestContext, startProxy: StartProxy): Promise<Site> {
  const env = {
    POSTERN_AUTHELIA_PATHS: 'yes',
    POSTERN_PUBLIC_URL: PORTAL,
    POSTERN_SESSION_SCOPE: 'domain',
    POSTERN_COOKIE_DOMAIN: 'example.com',
  }
  const postern = await openTestApp(t, { policy: POLICY, env })
  await postern.addUser('alice', { roles: ['staff'] })
  const app = await startEchoApp(t)
  const [verifyPort, portalPort] = [await listenOnFreePort(postern.verify), await listenOnFreePort(postern.portal)]
  const port = await startProxy(t, { verifyPort, portalPort, appPort: app.port })
  return { port, appSaw: () => app.requests.at(-1), open: createBrowser(port) }
}

/** Takes every cookie for one of the whole domain, which here holds both hosts. */
function createBrowser(port: number): Site['open'] {
  const cookies = new Map<string, string>()
  return async (url, form) => {
    const { host, hostname: servername, pathname, search, origin } = new URL(url)
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = {
      host,
      accept: 'text/html',
      ...(cookie !== '' && { cookie }),
      ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded', origin }),
    }
    const method = form === undefined ? 'GET' : 'POST'
    const to = { host: '127.0.0.1', port, servername, rejectUnauthorized: false, agent: false }
    const sent = request({ ...to, method, path: pathname + search, headers })
    sent.end(form === undefined ? '' : new URLSearchParams(form).toString())
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/)
      cookies.set(name, value)
    }
    return { url, status: answer.statusCode ?? 0, location: answer.headers.location, text: await text(answer) }
  }
}

function hidden({ text }: Page, name: string): string {
  return new RegExp(`name="${name}"[^>]*value="([^"]*)"`).exec(text)?.[1] ?? ''
}

async function signIn({ open }: Site, url: string): Promise<Page> {
  const form = await open((await open(url)).location ?? '')
  const fields = { csrf: hidden(form, 'csrf'), rd: hidden(form, 'rd'), username: 'alice', password: PASSWORD }
  const { location = '' } = await open(`${PORTAL}/login`, fields)
  return open(location)
}

const PROXIES: readonly (readonly [name: string, start: StartProxy, unknownHost: number])[] = [
  ['nginx', startAutheliaNginx, 421],
  // An empty page: Caddy has no site of that name.
  ['Caddy', startAutheliaCaddy, 200],
]

for (const [name, startProxy, unknownHost] of PROXIES) {
  test(`${name} as it was set up for Authelia, with another address to ask`, { timeout: 60_000 }, async (t) => {
    const site = await openSite(t, startProxy)

    await t.test('what is public passes, what is not leads to the portal', async () => {
      assert.equal((await site.open(`${APP}/public/a`)).status, 200)
      const { status, location = '' } = await site.open(`${APP}/files?a=b&c`)
      assert.deepEqual([status, location.split('?')[0]], [302, `${PORTAL}/login`])
    })

    await t.test('signing in leads back to that very page, and the app is told who it is', async () => {
      const page = await signIn(site, `${APP}${ODD}`)
      assert.deepEqual([page.url, page.status], [`${APP}${ODD}`, 200])
      const { rawHeaders = [], url } = site.appSaw() ?? {}
      const told = ['Remote-User', 'Remote-Groups', 'Remote-Email'].map((header) =>
        headerValues(rawHeaders, header).join(),
      )
      assert.deepEqual([url, ...told], [ODD, 'alice', 'staff', 'alice@example.com'])
      assert.equal((await site.open(`${APP}/admin/`)).status, 403)
    })

    await t.test("an absolute target or an odd Host never brings one app's rule to another", async () => {
      const ask = async (line: string, host: string): Promise<number | null> => {
        const lines = `${line} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`
        return rawStatus(await rawRequest(site.port, lines, { servername: 'app.example.com' }))
      }
      const before = site.appSaw()
      assert.equal(await ask('GET http://app.example.com/files', 'open.example.com'), 302)
      assert.equal(await ask('GET http://open.example.com/files', 'app.example.com'), unknownHost)
      for (const host of ['app.example.com?x=', 'app.example.com#', 'app.example.com@open.example.com'])
        await ask('GET /files', host)
      assert.equal(site.appSaw(), before)
    })
  })
}
