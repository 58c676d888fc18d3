import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD } from '../support/app.ts'
import { headerValues, startEchoApp } from '../support/echo-app.ts'
import { openProxied, PROXY_POLICY } from './behind.ts'
import { basic, bearer, makeToken } from './machine.ts'

test('HDR-17: proxy mode takes our credentials out, and leaves the app’s own', async (t) => {
  const echo = await startEchoApp(t)
  const proxied = await openProxied(t, new URL(`http://${echo.address}`))
  const { token } = await makeToken(proxied, 'alice')
  const sent = async (path: string, ...more: string[]): Promise<{ status: number; authorization: string[] }> => {
    const before = echo.requests.length
    const { status } = await proxied.send(`GET ${path}`, { anonymous: true, more })
    const arrived = echo.requests[before]
    return { status, authorization: arrived === undefined ? [] : headerValues(arrived.rawHeaders, 'Authorization') }
  }
  for (const line of [bearer(token), basic('alice', token)]) {
    assert.deepEqual(await sent('/', line), { status: 200, authorization: [] })
    assert.deepEqual(await sent('/public/', line), { status: 200, authorization: [] })
    assert.deepEqual(await sent('/public/', line, 'Authorization: Bearer own'), {
      status: 200,
      authorization: ['Bearer own'],
    })
    assert.equal((await sent('/', line, 'Authorization: Bearer own')).status, 400)
  }
  assert.deepEqual((await sent('/public/', basic('alice', PASSWORD))).authorization.length, 1)
  assert.equal((await sent('/', bearer('pst_x'))).status, 401)
})

test('HDR-17: a password by Basic goes no further where it is ours', async (t) => {
  const echo = await startEchoApp(t)
  const policy = PROXY_POLICY.replace('    rules:', '    basic: true\n    rules:')
  const proxied = await openProxied(t, new URL(`http://${echo.address}`), { policy })
  const { status } = await proxied.send('GET /', { anonymous: true, more: [basic('alice', PASSWORD)] })
  assert.equal(status, 200)
  assert.deepEqual(headerValues(echo.requests.at(-1)?.rawHeaders ?? [], 'Authorization'), [])
  const asked = await proxied.send('GET /', { anonymous: true })
  assert.deepEqual([asked.status, asked.header('www-authenticate')], [401, 'Basic realm="app", charset="UTF-8"'])
})
