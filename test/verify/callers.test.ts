import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { suite, test } from 'node:test'
import { openTestApp } from '../support/app.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { rawRequest, rawStatus } from '../support/http.ts'
import { bytesOf, checked, openListener, readAnswer, verdictOf } from './ask.ts'
import type { Asked, Told } from './ask.ts'

const ONE = 'the first secret of thirty-two bytes'
const TWO = 'another secret of thirty-two bytes!!'
const PUBLIC = { uri: '/public/a' }

suite('who may ask', () => {
  test('FWD-01: with secrets set, only who sends one of them, once', async (t) => {
    const { ask } = await openListener(t, { env: { POSTERN_PROXY_SECRET: `${ONE}, ${TWO}` } })
    const said = async (...secrets: string[]): Promise<string> =>
      verdictOf(await ask({ ...PUBLIC, more: secrets.map((secret) => `X-Postern-Secret: ${secret}`) }))
    assert.equal(await said(ONE), 'anon')
    assert.equal(await said(TWO), 'anon')
    for (const wrong of ['', 'x', ONE.slice(0, -1), `${ONE}x`, ONE.toUpperCase(), `${ONE}, ${TWO}`, `"${ONE}"`]) {
      assert.equal(await said(wrong), 'no', wrong)
    }
    assert.equal(await said(), 'no')
    assert.equal(await said(ONE, ONE), 'no')
    assert.equal(await said(ONE, 'x'), 'no')
    assert.equal(verdictOf(await ask({ ...PUBLIC, more: [`Authorization: Bearer ${ONE}`] })), 'no')
    assert.equal(
      verdictOf(await ask({ ...PUBLIC, url: `/verify/nginx?X-Postern-Secret=${encodeURIComponent(ONE)}` })),
      'no',
    )
  })

  test('FWD-01: without secrets set, one that is sent changes nothing', async (t) => {
    const { ask } = await openListener(t)
    assert.equal(verdictOf(await ask({ ...PUBLIC, more: [`X-Postern-Secret: ${ONE}`] })), 'anon')
  })

  test('FWD-02: only peers of the trusted networks, whatever they send', async (t) => {
    const env = { POSTERN_TRUSTED_PROXIES: '10.0.0.0/8', POSTERN_PROXY_SECRET: ONE }
    const { ask, logs, alice } = await openListener(t, { env })
    const more = [`X-Postern-Secret: ${ONE}`, 'X-Forwarded-For: 10.0.0.1']
    assert.equal(verdictOf(await ask({ ...PUBLIC, more })), 'no')
    assert.equal(verdictOf(await ask({ token: alice, more, address: '10.0.0.1' })), 'no')
    assert.equal(logs().at(-1)?.['reason'], 'untrusted_peer')
  })

  test('FWD-02: peers by their address, IPv4 in IPv6 clothes too', async (t) => {
    const { verify } = await openTestApp(t, { env: { POSTERN_TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::/32' } })
    const statusFor = async (remoteAddress: string): Promise<number> => {
      const headers = { 'x-original-method': 'GET', 'x-original-proto': 'https', 'x-original-host': 'app.example.com' }
      const more = { ...headers, 'x-original-uri': '/public/a', 'x-real-ip': '203.0.113.7' }
      return (await verify.inject({ url: '/verify/nginx', headers: more, remoteAddress })).statusCode
    }
    for (const peer of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::7']) assert.equal(await statusFor(peer), 200, peer)
    for (const peer of ['127.0.0.1', '::1', '11.0.0.1', '::ffff:11.0.0.1', '2001:db9::7', 'junk']) {
      assert.equal(await statusFor(peer), 403, peer)
    }
  })

  test('over a unix socket whoever may open it, with the secret all the same', async (t) => {
    const path = join(await temporaryDirectory(t), 'verify.sock')
    const env = { POSTERN_VERIFY_LISTEN: `unix:${path}`, POSTERN_TRUSTED_PROXIES: '10.0.0.0/8' }
    const { verify, addUser, token } = await openTestApp(t, { env: { ...env, POSTERN_PROXY_SECRET: ONE } })
    await verify.listen({ path })
    await addUser('alice', { password: null })
    const ask = async (asked: Asked): Promise<Told> => {
      const socket = connect(path)
      await once(socket, 'connect')
      socket.write(bytesOf(asked))
      return checked(readAnswer(await text(socket)))
    }
    const more = [`X-Postern-Secret: ${ONE}`]
    assert.equal(verdictOf(await ask({ token: await token('alice'), more })), 'allow(alice)')
    assert.equal(verdictOf(await ask({ ...PUBLIC, more })), 'anon')
    assert.equal(verdictOf(await ask({ ...PUBLIC })), 'no')
  })
})

suite('a body of a verify request', () => {
  test('is never read: the connection closes after the answer, and nothing behind it runs', async (t) => {
    const { port, alice } = await openListener(t)
    const behind = bytesOf({ token: alice, uri: '/admin/' })
    const announced = [
      ['Content-Length: 5', `hello${behind}`],
      ['Transfer-Encoding: chunked', `5\r\nhello\r\n0\r\n\r\n${behind}`],
      [`Content-Length: ${behind.length}`, behind],
      ['Content-Length: 100000', 'never sent wholly'],
    ] as const
    for (const [line, body] of announced) {
      const kept = bytesOf({ ...PUBLIC, more: [line], body }).replace('Connection: close\r\n', '')
      const received = await rawRequest(port, kept)
      const told = checked(readAnswer(received))
      assert.deepEqual([told.status, told.header('connection')?.toLowerCase()], [200, 'close'])
      assert.equal(received.match(/HTTP\/1\.1 200/g)?.length, 1)
    }
  })

  test('that is announced as empty leaves the connection open', async (t) => {
    const { verify } = await openListener(t)
    const port = (verify.server.address() as { port: number }).port
    const socket = connect(port, '127.0.0.1')
    t.after(() => socket.destroy())
    const keepAlive = (asked: Asked): string => bytesOf(asked).replace('Connection: close\r\n', 'Content-Length: 0\r\n')
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
    for (const count of [1, 2, 3]) {
      socket.write(keepAlive(PUBLIC))
      while (received.split('\r\n\r\n').length <= count) await once(socket, 'data')
    }
    assert.equal(received.match(/HTTP\/1\.1 200 OK/g)?.length, 3)
  })

  test('PROTO-01: one that can be read in two ways is refused by its framing', async (t) => {
    const { port } = await openListener(t)
    const cases = [
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      ['Content-Length: 5', 'Content-Length: 6'],
      ['Transfer-Encoding: xchunked'],
      ['Transfer-Encoding : chunked'],
      ['X-A: b\r\n X-Original-URI: /public/'],
      ['X-A\0: b'],
      ['no colon'],
    ]
    for (const more of cases) {
      const answer = await rawRequest(port, bytesOf({ uri: '/admin/', more, body: '0\r\n\r\n' }))
      assert.equal(rawStatus(answer), 400, more.join())
      assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1)
    }
  })
})
