import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRateLimits } from '../../src/limits/rate-limits.ts'
import { RATE_RULES } from '../../src/limits/rate-rules.ts'
import { createBrowser, openPortal } from '../login/browser.ts'
import type { TestApp } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'

const RESET = RATE_RULES.recovery.network.burst
const from = (address: string): { headers: Record<string, string> } => ({ headers: { 'x-forwarded-for': address } })

/** A portal for whose limits no time passes, however long a busy machine takes to ask. */
function openStill(t: Cleanup): Promise<TestApp> {
  return openPortal(t, {
    overrides: () => ({ rateLimits: createRateLimits({ keyValue: null, prefix: '', now: () => 0 }) }),
  })
}

suite('rate limits of the portal', () => {
  test('a network that asks too much is told when to try again, as a page and as JSON; others are not', async (t) => {
    const { portal } = await openStill(t)
    const browser = createBrowser(portal)
    const invite = (address: string): ReturnType<typeof browser.post> =>
      browser.post('/.postern/invite', { ...from(address), body: {} })
    for (let count = 0; count < RESET; count++) assert.notEqual((await invite('192.0.2.1')).status, 429)
    const page = await invite('192.0.2.1')
    assert.equal(page.status, 429)
    assert.match(page.headers['retry-after'] ?? '', /^[1-3]$/)
    assert.match(page.text, /Try again in [123] seconds?\./)
    assert.notEqual((await invite('192.0.2.2')).status, 429)
    assert.equal((await browser.get('/.postern/login', from('192.0.2.1'))).status, 200)
  })

  test('LOGIN-16: signing in is limited for a network whichever names it tries, and told in JSON to programs', async (t) => {
    const { portal, context } = await openStill(t)
    const browser = createBrowser(portal)
    const login = (): ReturnType<typeof browser.post> =>
      browser.post('/.postern/api/v2/auth/login', { headers: { 'content-type': 'application/json' }, body: '{}' })
    const statuses = []
    for (let count = 0; count <= RATE_RULES.sign_in.network.burst; count++) statuses.push((await login()).status)
    assert.deepEqual([new Set(statuses.slice(0, -1)), statuses.at(-1)], [new Set([400]), 429])
    assert.deepEqual(
      (JSON.parse((await login()).text) as { errors: { code: string }[] }).errors[0]?.code,
      'rate_limited',
    )
    assert.match(await context.metrics.expose(), /postern_rate_limited_total\{class="sign_in"\} 2/)
  })

  test('a person is limited wherever the requests come from', async (t) => {
    const { portal, addUser } = await openStill(t)
    await addUser('alice')
    const browser = createBrowser(portal)
    await browser.signIn()
    const { burst } = RATE_RULES.form.person ?? { burst: 0 }
    const post = (index: number): ReturnType<typeof browser.post> =>
      browser.post('/.postern/account/sessions', { ...from(`10.0.${index}.1`), body: { csrf: 'x', end: 'others' } })
    for (let count = 0; count < burst; count++) assert.equal((await post(count)).status, 403)
    assert.equal((await post(burst)).status, 429)
  })

  test('the strength of passwords is measured five times at once, then every three seconds', async (t) => {
    const { portal, addUser } = await openStill(t)
    await addUser('alice')
    const browser = createBrowser(portal)
    await browser.signIn()
    const statuses: number[] = []
    for (let count = 0; count < 7; count++)
      statuses.push(
        (await browser.post('/.postern/account/password/strength', { body: { csrf: 'x', password: 'x' } })).status,
      )
    assert.deepEqual(statuses, [403, 403, 403, 403, 403, 429, 429])
  })

  test('an operator can turn them off', async (t) => {
    const { portal } = await openPortal(t, { env: { POSTERN_RATE_LIMITS: 'off' } })
    const browser = createBrowser(portal)
    for (let count = 0; count <= RESET; count++)
      assert.notEqual((await browser.post('/.postern/invite', { body: {} })).status, 429)
  })
})
