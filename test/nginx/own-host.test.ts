import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { headerValues, startEchoApp, type EchoApp } from '../support/echo-app.ts'
import { createVisitor, rawRequest, rawStatus, type Reply, type VisitOptions } from '../support/http.ts'
import { startNginx, type Nginx } from '../support/nginx.ts'
import { ALICE, startStub, type Stub } from './stub.ts'

const HOSTS = ['auth.example.com', 'app.example.com', 'wiki.example.org'] as const

interface Domains {
  readonly nginx: Nginx
  readonly gateway: Stub
  readonly portal: Stub
  readonly app: EchoApp
  readonly wiki: EchoApp
  readonly visit: (url: string, options?: VisitOptions) => Promise<Reply>
}

async function startDomains(t: TestContext): Promise<Domains> {
  const gateway = await startStub(t, ALICE)
  const portal = await startStub(t, { status: 200, body: 'portal' })
  const [app, wiki] = [await startEchoApp(t), await startEchoApp(t)]
  const nginx = await startNginx(t, {
    example: 'site-own-host.conf',
    verify: gateway.address,
    portal: portal.address,
    app: app.address,
    edit: (text) => text.replace('127.0.0.1:8081', wiki.address),
  })
  const visitor = createVisitor(t, { hosts: Object.fromEntries(HOSTS.map((host) => [host, nginx.httpsPort])) })
  return { nginx, gateway, portal, app, wiki, visit: visitor.visit }
}

test('each app is asked for and reached under its own name', async (t) => {
  const { gateway, portal, app, wiki, visit } = await startDomains(t)
  for (const host of ['app.example.com', 'wiki.example.org'])
    assert.equal((await visit(`https://${host}/page`)).status, 200)
  assert.deepEqual(
    gateway.requests.map(({ url, rawHeaders }) => [url, headerValues(rawHeaders, 'x-original-host').join()]),
    [
      ['/verify/nginx/app/app', 'app.example.com'],
      ['/verify/nginx/app/wiki', 'wiki.example.org'],
    ],
  )
  assert.deepEqual([app.requests.length, wiki.requests.length, portal.requests.length], [1, 1, 0])
  assert.deepEqual(headerValues(wiki.requests[0]?.rawHeaders ?? [], 'remote-user'), ['alice'])
})

test('a cookie of ours reaches no app, whatever kind it is', async (t) => {
  const { app, wiki, visit } = await startDomains(t)
  const cookie = '__Host-postern_app=t; a=1; __Host-postern_state=s; __Secure-postern=u; b=2'
  for (const host of ['app.example.com', 'wiki.example.org']) await visit(`https://${host}/`, { headers: { cookie } })
  for (const { requests } of [app, wiki])
    assert.deepEqual(headerValues(requests[0]?.rawHeaders ?? [], 'cookie'), ['a=1; b=2'])
})

test('the portal has its whole host, and of the apps hosts only what is below /.postern/', async (t) => {
  const { gateway, portal, visit } = await startDomains(t)
  const paths = ['https://auth.example.com/', 'https://auth.example.com/login?rd=x', 'https://auth.example.com/x/../y']
  const below = ['https://app.example.com/.postern/start?rd=%2F', 'https://wiki.example.org/.postern/callback?code=x']
  const headers = { 'remote-user': 'root', 'x-postern-decision': 'forged', 'x-forwarded-for': '192.0.2.1' }
  for (const url of [...paths, ...below]) assert.equal((await visit(url, { headers })).text, 'portal')
  assert.deepEqual(gateway.requests, [])
  const heard = portal.requests.map(({ rawHeaders, url }) => headerValues(rawHeaders, 'host').join() + url)
  assert.deepEqual(heard.slice(3), [
    'app.example.com/.postern/start?rd=%2F',
    'wiki.example.org/.postern/callback?code=x',
  ])
  for (const { rawHeaders } of portal.requests) {
    assert.deepEqual(headerValues(rawHeaders, 'remote-user'), [])
    assert.deepEqual(headerValues(rawHeaders, 'x-postern-decision'), [])
    assert.deepEqual(headerValues(rawHeaders, 'x-forwarded-for'), ['127.0.0.1'])
  }
})

test('an unknown host is refused before anybody hears of it, and a known one is sent to TLS', async (t) => {
  const { nginx, gateway, portal } = await startDomains(t)
  for (const host of [
    'evil.test',
    'example.com',
    'x.app.example.com',
    'auth.example.com.evil.test',
    'app.example.com#',
  ]) {
    const bytes = `GET /.postern/start HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
    const answer = await rawRequest(nginx.httpsPort, bytes, { servername: 'app.example.com' })
    assert.ok([400, 421].includes(rawStatus(answer) ?? 0), `${host}: ${answer}`)
  }
  for (const host of HOSTS) {
    const plain = await rawRequest(nginx.httpPort, `GET /a?b HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    assert.match(plain, new RegExp(`^HTTP/1\\.1 308 .*\r\nLocation: https://${host}/a\\?b\r\n`, 's'))
  }
  assert.deepEqual([gateway.requests, portal.requests], [[], []])
})
