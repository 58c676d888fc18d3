import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { suite, test } from 'node:test'
import { headerValues, startEchoApp } from '../support/echo-app.ts'
import { rawRequest, rawStatus } from '../support/http.ts'
import { openProxied, startApp } from './behind.ts'

const UPGRADE = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAA']

function bytes(path: string, ...more: readonly string[]): string {
  return [`GET ${path} HTTP/1.1`, 'Host: localhost', ...UPGRADE, ...more, '', ''].join('\r\n')
}

suite('METH-07: a WebSocket in proxy mode', () => {
  test('is passed on with who it is, and bytes go both ways from the first on', async (t) => {
    const echo = await startEchoApp(t)
    const { port, alice } = await openProxied(t, new URL(`http://${echo.address}`))
    const forged = ['Remote-User: root', 'X-Forwarded-For: 203.0.113.7']
    const received = await rawRequest(port, `${bytes('/ws?a', `Cookie: postern=${alice}; a=1`, ...forged)}early`, {
      until: 'early',
    })
    assert.equal(rawStatus(received), 101)
    assert.match(received, /\r\nUpgrade: websocket\r\n/)
    assert.equal(received.match(/^upgrade:/gim)?.length, 1)
    const [request] = echo.requests
    assert.equal(request?.url, '/ws?a')
    const named = (name: string): string[] => headerValues(request?.rawHeaders ?? [], name)
    assert.deepEqual(named('Remote-User'), ['alice'])
    assert.deepEqual(named('Cookie'), ['a=1'])
    assert.deepEqual(named('Sec-WebSocket-Key'), ['AAAA'])
    assert.deepEqual(named('X-Forwarded-For'), ['203.0.113.7'])
  })

  test('is refused while an answer is still to come on its connection, which would land inside it', async (t) => {
    const app = await startApp(t, (request, response) => void request.socket.once('close', () => response.destroy()))
    const { port } = await openProxied(t, app)
    const slow = 'GET /public/slow HTTP/1.1\r\nHost: localhost\r\n\r\n'
    assert.equal(await rawRequest(port, slow + bytes('/public/ws')), '')
  })

  test('is refused by a status alone, and the app does not hear of it', async (t) => {
    const echo = await startEchoApp(t)
    const { port, alice } = await openProxied(t, new URL(`http://${echo.address}`))
    const cookie = `Cookie: postern=${alice}`
    const cases = [
      [401, bytes('/ws')],
      [403, bytes('/admin/ws', cookie)],
      [400, bytes('/public/../a/../ws', cookie)],
      [400, bytes('/ws', cookie, 'Remote_User: root')],
      [403, bytes('/public/ws').replace('localhost', 'evil.test')],
    ] as const
    for (const [status, sent] of cases) assert.equal(rawStatus(await rawRequest(port, sent)), status, sent)
    assert.equal(echo.requests.length, 0)
  })

  test('ends for both when either leaves', async (t) => {
    const echo = await startEchoApp(t)
    const { port } = await openProxied(t, new URL(`http://${echo.address}`))
    const socket = connect(port, '127.0.0.1')
    socket.write(bytes('/public/ws'))
    await once(socket, 'data')
    const ended = once(socket, 'close')
    await echo.stop()
    await ended
  })

  test('gives 502 when the app is down or does not take it', async (t) => {
    const refusing = await startApp(t, (_request, response) => response.writeHead(404).end())
    for (const app of [refusing, new URL('http://127.0.0.1:9')]) {
      const { port } = await openProxied(t, app)
      assert.equal(rawStatus(await rawRequest(port, bytes('/public/ws'))), 502)
    }
  })
})
