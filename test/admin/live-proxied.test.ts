import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { suiteCleanup } from '../support/app.ts'
import { startEchoApp } from '../support/echo-app.ts'
import type { EchoApp } from '../support/echo-app.ts'
import { openProxied } from '../verify/behind.ts'
import type { ProxiedApp } from '../verify/behind.ts'
import { openLive, upgrade } from './live-client.ts'

const EVENTS = '/.postern/api/v2/events'

suite('live events in proxy mode', () => {
  const t = suiteCleanup()
  let echo: EchoApp
  let app: ProxiedApp
  let asRoot: { host: string; cookie: string; origin: string }
  before(async () => {
    echo = await startEchoApp(t)
    app = await openProxied(t, new URL(`http://${echo.address}`))
    await app.addUser('root', { roles: ['postern-admin', 'admin'] })
    asRoot = { host: 'localhost', cookie: `postern=${await app.token('root')}`, origin: 'http://localhost' }
  })

  test('are told by us, and the app hears nothing of it', async () => {
    const client = await openLive(app.port, asRoot)
    assert.ok(client.hello().includes('health'))
    assert.deepEqual(echo.requests, [])
    client.end()
  })

  test('leave WebSockets of the app to the app', async () => {
    const paths = ['/events', '/api/v2/events', `/public${EVENTS}`, '/.posterns/api/v2/events', '/public/ws']
    for (const path of paths) {
      const { status, end } = await upgrade(app.port, { ...asRoot, path })
      assert.deepEqual([status, echo.requests.at(-1)?.url], [101, path])
      end()
    }
  })

  test('are at no other spelling of their path, which no app hears of either', async () => {
    const told = echo.requests.length
    const paths = [
      `${EVENTS}/`,
      `${EVENTS}/x`,
      '/.postern/api/v2/%65vents',
      '/.postern/api/v2/x/../events',
      '/.postern',
    ]
    for (const path of paths) {
      const { status, end } = await upgrade(app.port, { ...asRoot, path })
      assert.notEqual(status, 101, path)
      end()
    }
    assert.equal(echo.requests.length, told)
  })

  test('are refused to plain users, to other origins and at other hosts, and the app hears of none', async () => {
    const told = echo.requests.length
    const cases = [
      [403, { cookie: `postern=${app.alice}` }],
      [401, { cookie: '' }],
      [403, { origin: 'https://evil.example' }],
      [403, { origin: `http://localhost:${app.port}` }],
      [421, { host: 'other.example.com' }],
    ] as const
    for (const [status, other] of cases) {
      const asked = await upgrade(app.port, { ...asRoot, ...other })
      assert.equal(asked.status, status, JSON.stringify(other))
    }
    assert.equal(echo.requests.length, told)
  })
})
