import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headerValues } from '../support/echo-app.ts'
import { rawRequest, rawStatus } from '../support/http.ts'
import { startPlace } from './place.ts'
import type { StubAnswer } from './stub.ts'

const SIGN_IN = 'https://app.example.com/.postern/start?rd=%2Fwiki%3Fa%3D1%26b%3D2'
const FORBID: StubAnswer = { status: 403, headers: { 'X-Postern-Decision': 'd-17' } }

test('a visit of a page without sign-in goes where the gateway says', async (t) => {
  const { gateway, app, visit } = await startPlace(t)
  gateway.answerWith({ status: 401, headers: { 'X-Postern-Location': SIGN_IN } })
  for (const method of ['GET', 'HEAD', 'POST'] as const) {
    const reply = await visit('/wiki?a=1&b=2', { method, ...(method === 'POST' && { body: 'x' }) })
    assert.equal(reply.status, 302)
    assert.equal(reply.headers['location'], SIGN_IN)
    assert.equal(reply.headers['cache-control'], 'no-store')
  }
  assert.deepEqual(app.requests, [])
})

test("a program without sign-in gets a 401 with the gateway's envelope", async (t) => {
  const { gateway, app, visit } = await startPlace(t)
  gateway.answerWith({ status: 401, headers: { 'WWW-Authenticate': 'Bearer' }, body: 'lost by nginx' })
  const reply = await visit('/api', { method: 'PUT', body: '{}', headers: { 'x-postern-location': SIGN_IN } })
  assert.equal(reply.status, 401)
  assert.equal(reply.headers['location'], undefined)
  assert.equal(reply.headers['content-type'], 'application/json')
  assert.equal(reply.headers['cache-control'], 'no-store')
  assert.equal(reply.headers['www-authenticate'], 'Bearer')
  assert.deepEqual(JSON.parse(reply.text), {
    status: 'error',
    errors: [{ code: 'not_signed_in', message: 'Sign in first.' }],
  })
  assert.deepEqual(app.requests, [])
})

test("a forbidden visitor sees the portal's page for this decision", async (t) => {
  const { gateway, portal, app, visit } = await startPlace(t)
  gateway.answerWith(FORBID)
  portal.answerWith({ status: 403, headers: { 'Content-Type': 'text/html' }, body: '<p>d-17</p>' })
  const headers = { 'x-postern-decision': 'forged', 'remote-user': 'root', cookie: '__Host-postern=t' }
  const reply = await visit('/admin?x=1', { method: 'POST', body: 'hello', headers })
  assert.deepEqual([reply.status, reply.text, reply.headers['content-type']], [403, '<p>d-17</p>', 'text/html'])
  const [asked] = portal.requests
  assert.deepEqual([asked?.method, asked?.url, asked?.bodyBytes], ['GET', '/.postern/forbidden', 0])
  assert.deepEqual(headerValues(asked?.rawHeaders ?? [], 'x-postern-decision'), ['d-17'])
  assert.deepEqual(headerValues(asked?.rawHeaders ?? [], 'cookie'), ['__Host-postern=t'])
  assert.deepEqual(headerValues(asked?.rawHeaders ?? [], 'remote-user'), [])
  assert.deepEqual(headerValues(asked?.rawHeaders ?? [], 'host'), ['app.example.com'])
  assert.deepEqual(app.requests, [])
})

const PORTAL_TROUBLES: readonly StubAnswer[] = [
  { status: 302, headers: { Location: '/' }, body: 'elsewhere' },
  { status: 404, body: 'elsewhere' },
  { status: 421, body: 'elsewhere' },
  { status: 500, body: 'elsewhere' },
  'hang up',
]

test('a forbidden visitor gets a plain 403 with the decision when the portal has no page for it', async (t) => {
  const { gateway, portal, app, visit } = await startPlace(t)
  gateway.answerWith(FORBID)
  for (const trouble of PORTAL_TROUBLES) {
    portal.answerWith(trouble)
    const reply = await visit('/admin')
    assert.deepEqual([reply.status, reply.headers['content-type']], [403, 'text/plain'], JSON.stringify(trouble))
    assert.match(reply.text, /: d-17\n$/)
  }
  await portal.stop()
  const reply = await visit('/admin', { method: 'POST', body: 'hello' })
  assert.deepEqual([reply.status, reply.headers['cache-control']], [403, 'no-store'])
  assert.match(reply.text, /: d-17\n$/)
  assert.deepEqual(app.requests, [])
})

test('a forbidden visitor never gets a 2xx, not even from a portal that says so', async (t) => {
  const { gateway, portal, visit } = await startPlace(t)
  gateway.answerWith({ status: 403 })
  for (const status of [200, 201, 204, 206]) {
    portal.answerWith({ status })
    assert.equal((await visit('/admin')).status, 403)
  }
})

const FAULTS: readonly StubAnswer[] = [
  ...[300, 302, 304, 400, 404, 407, 429, 431, 500, 502, 503, 504].map((status) => ({
    status,
    headers: { Location: '/' },
  })),
  { status: 200, headers: { 'Remote-Name': 'x'.repeat(20_000) } },
  'hang up',
  'garbage',
]

test('a gateway that is confused, broken or down lets nobody in', async (t) => {
  const { gateway, app, visit } = await startPlace(t)
  for (const fault of FAULTS) {
    gateway.answerWith(fault)
    const reply = await visit('/wiki', { headers: { 'remote-user': 'root' } })
    assert.deepEqual([reply.status, reply.headers['location']], [500, undefined], JSON.stringify(fault).slice(0, 80))
  }
  await gateway.stop()
  assert.equal((await visit('/wiki')).status, 500)
  assert.deepEqual(app.requests, [])
})

test('a gateway that keeps silent lets nobody in, and is waited for 3 s', async (t) => {
  const { gateway, app, visit } = await startPlace(t)
  gateway.answerWith('silence')
  const asked = performance.now()
  assert.equal((await visit('/wiki')).status, 500)
  const waitedMs = performance.now() - asked
  assert.ok(waitedMs > 2900 && waitedMs < 6000, `${waitedMs} ms`)
  assert.deepEqual(app.requests, [])
})

const UNKNOWN: readonly (readonly [target: string, host: string])[] = [
  ['/', 'evil.example'],
  ['/', 'app.example.com.evil.example'],
  ['/', 'xapp.example.com'],
  ['/', '.app.example.com'],
  ['/', '127.0.0.1'],
  ['/', 'app.example.com?x='],
  ['/', 'app.example.com#'],
  ['/', 'app.example.com\\'],
  ['/', 'app.example.com@evil.example'],
  ['/', 'app.example.com%2f'],
  ['/', 'app.example.com;'],
  ['/', 'app.example.com,evil.example'],
  ['/', 'app.example.c\u00f6m'],
  ['https://evil.example/admin', 'app.example.com'],
  ['https://app.example.com.evil.example/', 'app.example.com'],
  ['https://app.example.com@evil.example/', 'app.example.com'],
]

test('unknown and odd hosts end at the default server, with and without TLS', async (t) => {
  const { nginx, gateway, app, raw } = await startPlace(t)
  for (const [target, host] of UNKNOWN) {
    const lines = [`GET ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close']
    const plain = await rawRequest(nginx.httpPort, `${lines.join('\r\n')}\r\n\r\n`)
    for (const received of [await raw(lines), plain]) {
      const status = rawStatus(received)
      assert.ok(status === 421 || status === 400, `${target} ${host}: ${received}`)
    }
  }
  assert.equal(rawStatus(await raw(['GET / HTTP/1.0'])), 421)
  assert.deepEqual([...gateway.requests, ...app.requests], [])
})

test('an absolute request line that names this host is judged, and served, under its name', async (t) => {
  const { gateway, app, raw } = await startPlace(t)
  await raw(['GET https://app.example.com/admin?x=1 HTTP/1.1', 'Host: evil.example', 'Connection: close'])
  assert.deepEqual(headerValues(gateway.requests[0]?.rawHeaders ?? [], 'x-original-host'), ['app.example.com'])
  assert.deepEqual(headerValues(gateway.requests[0]?.rawHeaders ?? [], 'x-original-uri'), ['/admin?x=1'])
  assert.equal(app.requests[0]?.url, '/admin?x=1')
  assert.deepEqual(headerValues(app.requests[0]?.rawHeaders ?? [], 'host'), ['app.example.com'])
})

test('the app gets the very path that the gateway judged', async (t) => {
  const { gateway, app, raw } = await startPlace(t)
  const paths = ['//admin//x', '/a/../b', '/a/%2e%2e/b', '/a/..%2fb', '/a;x=1/..;/b', '/a\\b', '/a#b', '/a?b=%00&c="']
  for (const path of paths) {
    await raw([`GET ${path} HTTP/1.1`, 'Host: APP.example.com.:443', 'Connection: close'])
    assert.equal(app.requests.at(-1)?.url, path)
    const judged = gateway.requests.at(-1)?.rawHeaders ?? []
    assert.deepEqual(headerValues(judged, 'x-original-uri'), [path])
    assert.deepEqual(headerValues(judged, 'x-original-host'), ['app.example.com'])
  }
  assert.deepEqual(gateway.requests.length, paths.length)
})

test('plain HTTP is sent to HTTPS, page for page, before anybody is asked', async (t) => {
  const { nginx, gateway } = await startPlace(t)
  const head = 'POST /wiki?a=%2F&b=2 HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n'
  const received = await rawRequest(nginx.httpPort, head)
  assert.match(received, /^HTTP\/1\.1 308 .*\r\nLocation: https:\/\/app\.example\.com\/wiki\?a=%2F&b=2\r\n/s)
  assert.deepEqual(gateway.requests, [])
})
