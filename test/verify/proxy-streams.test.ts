import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { suite, test } from 'node:test'
import type { Read } from '../../src/sessions/principal-reader.ts'
import { until } from '../support/until.ts'
import { rawRequest } from '../support/http.ts'
import { openProxied, startApp } from './behind.ts'
import type { ProxiedApp } from './behind.ts'

const MEGABYTE = Buffer.alloc(1_048_576, 'x')
const PIECES = 20

suite('proxy mode streams', () => {
  test('an upload of 20 MB, whose first byte arrives before its last is sent', async (t) => {
    const first = Promise.withResolvers<void>()
    const app = await startApp(t, (request, response) => {
      let bytes = 0
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        first.resolve()
      })
      request.on('end', () => response.end(String(bytes)))
    })
    const proxied = await openProxied(t, app)
    const upload = startRequest(proxied, 'POST', { 'transfer-encoding': 'chunked' })
    upload.write(MEGABYTE)
    await first.promise
    for (let piece = 1; piece < PIECES; piece++) if (!upload.write(MEGABYTE)) await once(upload, 'drain')
    upload.end()
    assert.equal(await bodyOf(upload), String(PIECES * MEGABYTE.length))
  })

  test('a download of 20 MB, whose first byte arrives before its last is sent, no faster than it is taken', async (t) => {
    const goOn = Promise.withResolvers<void>()
    let written = 0
    const app = await startApp(t, (_request, response) => void pour(response))
    const pour = async (response: ServerResponse): Promise<void> => {
      response.write(MEGABYTE)
      await goOn.promise
      for (written = 1; written < PIECES; written++) if (!response.write(MEGABYTE)) await once(response, 'drain')
      response.end()
    }
    const proxied = await openProxied(t, app)
    const download = startRequest(proxied, 'GET')
    download.end()
    const [answer] = (await once(download, 'response')) as [IncomingMessage]
    await once(answer, 'readable')
    goOn.resolve()
    await until('the next piece', 5_000, () => written > 1)
    // What sockets and streams hold on the way is far less than the rest.
    assert.ok(written < PIECES, 'it was read ahead into memory')
    let bytes = 0
    for await (const chunk of answer) bytes += (chunk as Buffer).length
    assert.equal(bytes, PIECES * MEGABYTE.length)
  })

  test('events of a stream as they come, and its end to the app when the visitor leaves', async (t) => {
    const left = Promise.withResolvers<void>()
    let stream: ServerResponse | null = null
    const app = await startApp(t, (_request, response) => {
      stream = response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.flushHeaders()
      response.on('close', () => left.resolve())
    })
    const proxied = await openProxied(t, app)
    const listening = startRequest(proxied, 'GET')
    listening.on('error', () => {})
    listening.end()
    const [answer] = (await once(listening, 'response')) as [IncomingMessage]
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      ;(stream as ServerResponse | null)?.write(event)
      const [chunk] = (await once(answer, 'data')) as [Buffer]
      assert.equal(chunk.toString(), event)
    }
    listening.destroy()
    await left.promise
  })

  test('the end of a visitor who leaves before the app has answered', async (t) => {
    const [asked, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const app = await startApp(t, (_request, response) => {
      response.on('close', () => left.resolve())
      asked.resolve()
    })
    const waiting = startRequest(await openProxied(t, app), 'GET')
    waiting.on('error', () => {})
    waiting.end()
    await asked.promise
    waiting.destroy()
    await left.promise
  })

  test('nothing to the app for a visitor who left while it was decided', async (t) => {
    let reached = 0
    const app = await startApp(t, (_request, response) => (reached++, response.end()))
    const answer = Promise.withResolvers<Read>()
    let asked = 0
    const proxied = await openProxied(t, app, {
      overrides: ({ gatewayParts }) => ({
        gatewayParts: { ...gatewayParts, sessions: { find: () => (asked++, answer.promise) } },
      }),
    })
    const accepted = once(proxied.portal.server, 'connection')
    const socket = connect(proxied.port, '127.0.0.1')
    const [serverSide] = (await accepted) as [Socket]
    socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nCookie: postern=${proxied.alice}\r\n\r\n`)
    await until('the question', 5_000, () => asked === 1)
    const gone = Promise.withResolvers<void>()
    serverSide.once('close', () => gone.resolve())
    socket.destroy()
    await gone.promise
    answer.resolve({ principal: await proxied.context.sessions.whoHas(proxied.alice, null), tier: 'l3' })
    await proxied.send('GET /public/x')
    assert.equal(reached, 1)
  })
})

suite('proxy mode passes on', () => {
  test('answers without a body and every status as they are', async (t) => {
    const app = await startApp(t, (request, response) => {
      const status = Number((request.url ?? '').split('/').at(-1))
      response.writeHead(status, { 'x-own': '1', etag: '"a"', ...(status === 200 && { 'content-length': '5' }) })
      response.end(status === 200 ? 'hello' : '')
    })
    const { send } = await openProxied(t, app)
    for (const status of [200, 204, 304, 301, 401, 403, 404, 418, 500, 503]) {
      const told = await send(`GET /public/${status}`)
      assert.deepEqual([told.status, told.header('x-own'), told.header('etag')], [status, '1', '"a"'])
    }
    const head = await send('HEAD /public/200')
    assert.deepEqual([head.status, head.header('content-length'), head.body], [200, '5', ''])
  })

  test('bodies of any framing, and none where there is none', async (t) => {
    const app = await startApp(t, (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => response.end(`${request.method} ${Buffer.concat(chunks).toString()}`))
    })
    const { send } = await openProxied(t, app)
    const chunked = '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'
    const cases = [
      ['POST', ['Content-Length: 5'], 'hello', 'POST hello'],
      ['PUT', ['Transfer-Encoding: chunked'], chunked, 'PUT hello'],
      ['PATCH', ['Content-Length: 5', 'Expect: 100-continue'], 'hello', 'PATCH hello'],
      ['POST', ['Content-Length: 0'], '', 'POST '],
      ['DELETE', [], '', 'DELETE '],
      ['GET', ['Content-Length: 5'], 'hello', 'GET hello'],
    ] as const
    for (const [method, more, body, expected] of cases) {
      const answer = await send(`${method} /public/`, { more, body })
      assert.ok(answer.body.includes(expected), `${method} ${more.join()} ${answer.status} ${answer.body}`)
    }
  })

  test('an upgrade that is no WebSocket as the ordinary request it also is', async (t) => {
    const { send } = await openProxied(
      t,
      await startApp(t, (request, response) => response.end(request.headers.upgrade ?? 'none')),
    )
    const more = ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA']
    const { status, body } = await send('GET /public/', { more: [...more, 'Connection: Upgrade, HTTP2-Settings'] })
    assert.deepEqual([status, body.includes('none')], [200, true])
  })

  test('that the app broke off, by breaking off too', async (t) => {
    const app = await startApp(t, (_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half')
      setImmediate(() => response.destroy())
    })
    const { port, logs } = await openProxied(t, app)
    const received = await rawRequest(port, 'GET /public/ HTTP/1.1\r\nHost: localhost\r\n\r\n').catch(String)
    assert.match(received, /half/)
    assert.doesNotMatch(received, /does not answer/)
    assert.ok(logs().every(({ level }) => level !== 'fatal'))
  })

  test('502 for an app that breaks off before it answers, or answers what is no HTTP', async (t) => {
    const broken = await startApp(t, (request) => request.socket.destroy())
    const { send } = await openProxied(t, broken)
    assert.equal((await send('GET /public/')).status, 502)
    const garbled = await startApp(t, (request) => request.socket.end('nonsense\r\n\r\n'))
    assert.equal((await (await openProxied(t, garbled)).send('GET /public/')).status, 502)
  })
})

function startRequest({ port, alice }: ProxiedApp, method: string, headers: Record<string, string> = {}) {
  const own = { host: 'localhost', cookie: `postern=${alice}`, ...headers }
  return httpRequest({ port, host: '127.0.0.1', method, path: '/big', headers: own, agent: false })
}

async function bodyOf(sent: ReturnType<typeof httpRequest>): Promise<string> {
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of answer) text += String(chunk)
  return text
}
