import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { headerValues } from '../support/echo-app.ts'
import { createVisitor, rawRequest } from '../support/http.ts'
import { startPlace } from './place.ts'

test('the gateway is asked over connections that stay open, whatever it decides', async (t) => {
  const { gateway, visit } = await startPlace(t)
  for (const status of [200, 401, 403]) {
    gateway.answerWith({ status, ...(status !== 200 && { body: '{"status":"error"}' }) })
    for (let i = 0; i < 20; i++) await visit('/', { method: 'POST', body: 'x' })
  }
  assert.equal(gateway.requests.length, 60)
  assert.ok(gateway.connections() <= availableParallelism(), `${gateway.connections()} connections`)
})

test('a connection that the gateway has closed in between costs nobody an error', async (t) => {
  const { gateway, visit } = await startPlace(t)
  for (let i = 0; i < 10; i++) {
    assert.equal((await visit('/')).status, 200)
    gateway.closeIdle()
  }
})

test('a connection that the gateway closes under a question costs nobody an error', async (t) => {
  const { gateway, visit } = await startPlace(t)
  gateway.answerWith('hang up on reuse')
  for (let i = 0; i < 10; i++) assert.equal((await visit('/')).status, 200)
})

test('an upload of 2 MB passes, and the gateway is told of no body', async (t) => {
  const { gateway, app, visit } = await startPlace(t)
  const reply = await visit('/upload', { method: 'POST', body: Buffer.alloc(2_000_000) })
  assert.equal(reply.status, 200)
  assert.equal(app.requests[0]?.bodyBytes, 2_000_000)
  const asked = gateway.requests[0]?.rawHeaders ?? []
  assert.deepEqual([...headerValues(asked, 'content-length'), ...headerValues(asked, 'transfer-encoding')], [])
})

test('a refused upload is answered', async (t) => {
  const { gateway, app, visit } = await startPlace(t)
  for (const status of [401, 403]) {
    gateway.answerWith({ status })
    assert.equal((await visit('/upload', { method: 'POST', body: Buffer.alloc(2_000_000) })).status, status)
  }
  assert.deepEqual(app.requests, [])
})

test('32 KiB of cookies pass, in one or in thousands', async (t) => {
  const { gateway, app, visit } = await startPlace(t)
  const kept = [`big=${'x'.repeat(32_000)}`, Array.from({ length: 6500 }, () => 'a=1').join('; ')]
  for (const cookies of kept) {
    const sent = `${cookies}; __Host-postern=t`
    assert.equal((await visit('/', { headers: { cookie: sent } })).status, 200)
    assert.deepEqual(headerValues(gateway.requests.at(-1)?.rawHeaders ?? [], 'cookie'), [sent])
    assert.deepEqual(headerValues(app.requests.at(-1)?.rawHeaders ?? [], 'cookie'), [cookies])
  }
})

test('4 KiB of identity and a long assertion reach the app', async (t) => {
  const { gateway, app, visit } = await startPlace(t)
  const [groups, assertion] = ['g'.repeat(4096), 'a'.repeat(4096)]
  gateway.answerWith({ status: 200, headers: { 'Remote-Groups': groups, 'X-Postern-Assertion': assertion } })
  assert.equal((await visit('/')).status, 200)
  assert.deepEqual(headerValues(app.requests[0]?.rawHeaders ?? [], 'remote-groups'), [groups])
  assert.deepEqual(headerValues(app.requests[0]?.rawHeaders ?? [], 'x-postern-assertion'), [assertion])
})

const UNCHECKED = { rejectUnauthorized: false }
const UPGRADE = ['GET /live HTTP/1.1', 'Host: app.example.com', 'Accept: text/html', 'Connection: Upgrade']

test('a WebSocket opens after the gateway was asked, without an upgrade of the question', async (t) => {
  const { nginx, gateway, app } = await startPlace(t)
  const head = `${[...UPGRADE, 'Upgrade: WebSocket'].join('\r\n')}\r\n\r\n`
  const options = { servername: nginx.host, until: 'frames there and back' }
  const received = await rawRequest(nginx.httpsPort, `${head}frames there and back`, options)
  assert.match(received, /^HTTP\/1\.1 101 .*\r\n\r\nframes there and back$/s)
  assert.deepEqual(headerValues(app.requests[0]?.rawHeaders ?? [], 'remote-user'), ['alice'])
  const asked = gateway.requests[0]?.rawHeaders ?? []
  assert.deepEqual([...headerValues(asked, 'upgrade'), ...headerValues(asked, 'connection')], [])
  assert.deepEqual(headerValues(asked, 'x-requested-with'), ['upgrade'])
})

test('a WebSocket without sign-in is refused', async (t) => {
  const { gateway, app, raw } = await startPlace(t)
  gateway.answerWith({ status: 401 })
  assert.match(await raw([...UPGRADE, 'Upgrade: websocket', 'Connection: close']), /^HTTP\/1\.1 401 /)
  assert.deepEqual(app.requests, [])
})

test('no upgrade but WebSocket reaches the app', async (t) => {
  const { app, raw } = await startPlace(t)
  for (const protocol of ['h2c', 'h2c, websocket', 'TLS/1.0']) {
    const received = await raw([...UPGRADE, `Upgrade: ${protocol}`, 'HTTP2-Settings: AAMAAABk', 'Connection: close'])
    assert.match(received, /^HTTP\/1\.1 200 /, protocol)
    assert.deepEqual(headerValues(app.requests.at(-1)?.rawHeaders ?? [], 'upgrade'), [])
  }
})

test('HTTP/2 is judged and served as HTTP/1.1 is', async (t) => {
  const { nginx, gateway, app } = await startPlace(t, {
    edit: (siteConf) => siteConf.replace(/listen \S+ ssl/g, '$& http2'),
  })
  const session = connectHttp2(`https://127.0.0.1:${nginx.httpsPort}`, { servername: nginx.host, ...UNCHECKED })
  t.after(() => session.close())
  const stream = session.request({
    ':authority': nginx.host,
    ':path': '/wiki?a=%2F',
    cookie: ['a=1', '__Host-postern=t', 'b=2'],
    'remote-user': 'root',
    'x-original-uri': '/public',
  })
  const [headers] = (await once(stream, 'response')) as [{ ':status'?: number }]
  assert.equal(headers[':status'], 200)
  stream.resume()
  await once(stream, 'close')
  const asked = gateway.requests[0]?.rawHeaders ?? []
  assert.deepEqual(headerValues(asked, 'x-original-uri'), ['/wiki?a=%2F'])
  assert.deepEqual(headerValues(asked, 'x-original-host'), [nginx.host])
  assert.deepEqual(headerValues(asked, 'cookie'), ['a=1; __Host-postern=t; b=2'])
  assert.deepEqual(headerValues(app.requests[0]?.rawHeaders ?? [], 'cookie'), ['a=1; b=2'])
  assert.deepEqual(headerValues(app.requests[0]?.rawHeaders ?? [], 'remote-user'), ['alice'])
})

test('300 visitors at once are all served', async (t) => {
  const { nginx, gateway, app } = await startPlace(t)
  const { visit } = createVisitor(t, { hosts: { [nginx.host]: nginx.httpsPort } })
  const visits = Array.from({ length: 300 }, (_, i) => visit(`https://${nginx.host}/${i}`))
  const replies = await Promise.all(visits)
  assert.deepEqual([...new Set(replies.map((reply) => reply.status))], [200])
  assert.equal(new Set(app.requests.map((request) => request.url)).size, 300)
  assert.equal(gateway.requests.length, 300)
})
