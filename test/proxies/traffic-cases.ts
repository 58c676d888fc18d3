import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2'
import { statusWord, summed } from './case.ts'
import type { Case } from './case.ts'
import { bytesOf, converse, namesTold, send, told } from './talk.ts'
import { rawRequest } from '../support/http.ts'
import { HOST, OTHER_HOST } from './world.ts'

const UPGRADE = ['Connection: Upgrade', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13']

/** Bodies, upgrades and sizes. */
export const TRAFFIC_CASES: readonly Case[] = [
  {
    name: 'bodies on a kept connection stay with their own requests',
    outcome: '200 401 200 200 403 200',
    async run(world) {
      const kept = ['Connection: keep-alive']
      const smuggled = `GET /admin/ HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`
      const requests = [
        { line: 'POST /wiki', signedIn: true, more: [...kept, `Content-Length: ${smuggled.length}`], body: smuggled },
        { line: 'POST /wiki', more: [...kept, `Content-Length: ${smuggled.length}`], body: smuggled },
        {
          line: 'POST /wiki',
          signedIn: true,
          more: [...kept, 'Transfer-Encoding: chunked'],
          body: '5\r\nhello\r\n0\r\n\r\n',
        },
        { line: 'GET /wiki', signedIn: true, more: [...kept, 'Content-Length: 5'], body: 'hello' },
        {
          line: 'POST /admin/',
          signedIn: true,
          more: [...kept, 'Transfer-Encoding: chunked'],
          body: '3\r\nabc\r\n0\r\n\r\n',
        },
        { line: 'GET /wiki', signedIn: true },
      ]
      const before = world.app.requests.length
      const text = await rawRequest(world.port, requests.map((one) => bytesOf(world, one, world.port)).join(''), {
        servername: HOST,
      })
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status)
      const bytes = world.app.requests.slice(before).map(({ bodyBytes }) => bodyBytes)
      assert.deepEqual(bytes, [smuggled.length, 5, 5, 0])
      return statuses.join(' ')
    },
  },
  {
    name: 'announced bodies leave the connections to the gateway clean for the next visitor',
    outcome: '200',
    async run(world) {
      const outcomes = await Promise.all(
        Array.from({ length: 60 }, async (_, place) => {
          const body = `GET /verify/forward/app/other HTTP/1.1\r\n\r\n${'x'.repeat(place * 37)}`
          const announced = place % 2 === 0 ? `Content-Length: ${body.length}` : 'Content-Length: 0'
          const raw = { line: `POST /public/${place}`, more: [announced], body: place % 2 === 0 ? body : '' }
          const { status, text } = await send(world, raw)
          assert.ok(text.includes(`/public/${place}`), text)
          return statusWord(status)
        }),
      )
      return summed(outcomes)
    },
  },
  {
    name: 'ambiguous framing is never passed on',
    outcome: 'refused',
    async run(world) {
      const framings = [
        ['Content-Length: 5', 'Content-Length: 6'],
        ['Transfer-Encoding: xchunked'],
        ['Transfer-Encoding: chunked, identity'],
        ['Transfer-Encoding : chunked'],
        ['Content-Length: 5', 'Transfer-Encoding: xchunked'],
        ['Content-Length: +5'],
      ]
      for (const more of framings) {
        const smuggled = 'hello\r\n0\r\n\r\nGET /admin/ HTTP/1.1\r\nHost: x\r\n\r\n'
        const { app, text } = await send(world, { line: 'POST /public/a', signedIn: true, more, body: smuggled })
        assert.ok(
          app.every(({ url }) => url === '/public/a'),
          `${more.join()}: ${text}`,
        )
        assert.ok(app.length < 2, more.join())
      }
      return 'refused'
    },
  },
  {
    name: 'a WebSocket opens for who may enter, and for nobody else',
    outcome: '101, 401',
    async run(world) {
      const sent = { line: 'GET /live', more: [...UPGRADE, 'Upgrade: websocket'] }
      const open = await converse(world, { ...sent, signedIn: true }, 'frames there and back')
      assert.equal(open.echo, 'frames there and back')
      assert.deepEqual(told(open.app, 'remote-user'), ['alice'])
      const closed = await send(world, { ...sent, more: [...sent.more, 'Accept: text/html'], until: '\r\n\r\n' })
      assert.deepEqual(closed.app, [])
      return [open, closed].map(({ status }) => statusWord(status)).join(', ')
    },
  },
  {
    name: 'no upgrade but WebSocket reaches the app',
    outcome: '200',
    differs: {
      haproxy: { outcome: '400', because: 'HAProxy can not take an upgrade out of a request once it has read it' },
    },
    async run(world) {
      const outcomes: string[] = []
      for (const protocol of ['h2c', 'h2c, websocket', 'TLS/1.0']) {
        const more = ['Connection: Upgrade, HTTP2-Settings', `Upgrade: ${protocol}`, 'HTTP2-Settings: AAMAAABk']
        const { app, status } = await send(world, { line: 'GET /wiki', signedIn: true, more, until: '\r\n\r\n' })
        assert.ok(!namesTold(app).includes('upgrade'), protocol)
        outcomes.push(statusWord(status))
      }
      return summed(outcomes)
    },
  },
  {
    name: 'an upload of 2 MB reaches the app whole, and only for who may enter',
    outcome: '200, 401',
    async run(world) {
      const body = 'x'.repeat(2_000_000)
      const more = [`Content-Length: ${body.length}`]
      const passed = await send(world, { line: 'POST /upload', signedIn: true, more, body })
      assert.deepEqual(
        passed.app.map(({ bodyBytes }) => bodyBytes),
        [body.length],
      )
      const announced = { line: 'POST /upload', more: [...more, 'Expect: 100-continue'], until: 'not_signed_in' }
      const kept = await send(world, announced)
      assert.deepEqual(kept.app, [])
      return [passed, { status: statusAfterContinue(kept.text) }].map(({ status }) => statusWord(status)).join(', ')
    },
  },
  {
    name: '32 KiB of cookies pass',
    outcome: '200',
    async run(world) {
      const kept = `big=${'x'.repeat(32_000)}`
      const more = [`Cookie: ${kept}; __Host-postern=${world.alice}`]
      const { app, status, text } = await send(world, { line: 'GET /wiki', more })
      assert.deepEqual(told(app, 'cookie'), [kept], text.slice(0, 300))
      assert.deepEqual(told(app, 'remote-user'), ['alice'])
      return statusWord(status)
    },
  },
  {
    name: 'a head of any size costs the app nobody’s identity: it passes whole or not at all',
    outcome: 'whole or not at all',
    async run(world) {
      let passed = 0
      for (let kib = 30; kib <= 68; kib += 2) {
        for (const slack of [0, 1_000]) {
          // In lines that are short enough for every proxy.
          const lines = Array.from({ length: kib - 8 }, (_, place) => `X-Line-${place}: ${'x'.repeat(1_012)}`)
          const last = `X-Last: ${'x'.repeat(7_000 + slack)}`
          const { app, status } = await send(world, { line: 'GET /wiki', signedIn: true, more: [...lines, last] })
          if (app.length === 0) assert.ok(status === null || status >= 400, `${kib} KiB gave ${status}`)
          else assert.deepEqual([told(app, 'remote-user'), told(app, 'x-webauth-user')], [['alice'], ['alice']])
          passed += app.length
        }
      }
      assert.ok(passed > 0)
      return 'whole or not at all'
    },
  },
  {
    name: 'HTTP/2 is judged and served as HTTP/1.1 is',
    outcome: '200 alice, 401',
    differs: {
      nginx: {
        outcome: 'HTTP/1.1 alone',
        because: 'how HTTP/2 is turned on depends on the version of nginx; tests of nginx/ have it on',
      },
      apache: { outcome: 'HTTP/1.1 alone', because: 'the snippet does not load mod_http2' },
    },
    async run(world, t) {
      const session = connectHttp2(`https://127.0.0.1:${world.port}`, { servername: HOST, rejectUnauthorized: false })
      t.after(async () => session.destroy())
      const socketProtocol = await connected(session)
      if (socketProtocol !== 'h2') return 'HTTP/1.1 alone'
      const before = world.app.requests.length
      const authority = { ':authority': `${HOST}:${world.port}`, 'remote-user': 'root', 'x-forwarded-uri': '/public/a' }
      const cookie = ['a=1', `__Host-postern=${world.alice}`, 'b=2']
      const asAlice = await askHttp2(session, { ...authority, ':path': '/wiki?a=%2F', cookie })
      const asNobody = await askHttp2(session, { ...authority, ':path': '/wiki' })
      const elsewhere = await askHttp2(session, { ...authority, ':path': '/wiki', host: OTHER_HOST })
      assert.notEqual(elsewhere, 200)
      const seen = world.app.requests.slice(before)
      assert.deepEqual([seen.map(({ url }) => url), told(seen, 'cookie')], [['/wiki?a=%2F'], ['a=1; b=2']])
      return `${asAlice} ${told(seen, 'remote-user').join()}, ${asNobody}`
    },
  },
  {
    name: 'a hundred visitors at once are told apart',
    outcome: '200, 401',
    async run(world) {
      const seen = await Promise.all(
        Array.from({ length: 100 }, async (_, place) => {
          const { status, text } = await send(world, { line: `GET /wiki/${place}`, signedIn: place % 2 === 0 })
          if (place % 2 === 0) assert.ok(text.includes(`/wiki/${place}"`) && text.includes('alice'), text)
          return statusWord(status)
        }),
      )
      return summed(seen.toSorted())
    },
  },
]

/** The protocol that was agreed on, as TLS names it. */
async function connected(session: ClientHttp2Session): Promise<string> {
  try {
    await once(session, 'connect')
    return session.alpnProtocol ?? ''
  } catch {
    return ''
  }
}

async function askHttp2(session: ClientHttp2Session, headers: OutgoingHttpHeaders): Promise<number | undefined> {
  const stream = session.request(headers)
  const [answered] = (await once(stream, 'response')) as [{ ':status'?: number }]
  stream.resume()
  await once(stream, 'close')
  return answered[':status']
}

function statusAfterContinue(text: string): number | null {
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
  return statuses.find((status) => status >= 200) ?? null
}
