import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { AttemptFactor } from '../../src/limits/attempt-sides.ts'
import { findCredentials } from '../../src/users/users.ts'
import { suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { createBrowser, openPortal } from './browser.ts'
import type { Page } from './browser.ts'

const ELSEWHERE = { headers: { 'x-forwarded-for': '198.51.100.7' } }
const HERE = { headers: { 'x-forwarded-for': '192.0.2.1' } }

interface Failures {
  readonly times: number
  readonly from?: (index: number) => string
  readonly factor?: AttemptFactor
}

suite('attempts at the sign-in page', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  before(async () => {
    app = await openPortal(cleanup)
    await app.addUser('alice')
    await app.addUser('root', { roles: ['postern-admin'] })
    await app.addUser('carol', { disabled: true })
  })

  /** Counted as the page counts them, without the hashing and the waiting. */
  const fail = async (
    name: string,
    { times, from = () => '192.0.2.1', factor = 'password' }: Failures,
  ): Promise<void> => {
    const userId = (await findCredentials(app.database, name))?.id ?? null
    for (let index = 0; index < times; index++) {
      const attempt = { name, userId, address: from(index), deviceHash: null, factor }
      assert.equal((await app.context.attempts.reserve(attempt)).kind, 'go')
    }
  }
  const clear = (): Promise<number> => app.context.attempts.clear({})
  const comparable = ({ status, headers, text }: Page, name: string): string =>
    JSON.stringify({
      status,
      text: text.replaceAll(name, 'NAME').replace(/value="[\w-]{43}"/g, ''),
      retry: headers['retry-after'],
    })

  test('LOGIN-01, LOGIN-16: who failed too often is told alike whether there is such a person or not', async () => {
    await clear()
    const pages = []
    for (const username of ['alice', 'nobody', 'carol', 'alice@example.com']) {
      await fail(username, { times: 10 })
      const page = await createBrowser(app.portal).signIn({ username }, HERE)
      assert.equal(page.status, 429)
      assert.equal(page.headers['retry-after'], '60')
      pages.push(comparable(page, username))
    }
    assert.equal(new Set(pages).size, 1, pages.join('\n'))
  })

  test('LOGIN-20: the owner gets in from another network, and from a known device from anywhere', async () => {
    await clear()
    const known = createBrowser(app.portal)
    assert.equal((await known.signIn({}, HERE)).status, 303)
    await fail('alice', { times: 10 })
    assert.equal((await createBrowser(app.portal).signIn({}, HERE)).status, 429)
    assert.equal((await createBrowser(app.portal).signIn({}, ELSEWHERE)).status, 303)
    await fail('alice', { times: 100, from: (index) => `10.${index}.0.1` })
    assert.equal((await createBrowser(app.portal).signIn({}, ELSEWHERE)).status, 429)
    assert.equal((await known.signIn({}, HERE)).status, 303)
    assert.equal((await createBrowser(app.portal).signIn({}, ELSEWHERE)).status, 303)
  })

  test('LOGIN-19: after 50 names from one network none gets in from there but from known devices', async () => {
    await clear()
    const known = createBrowser(app.portal)
    await known.signIn({}, HERE)
    for (let index = 0; index < 50; index++) await fail(`sprayed${index}`, { times: 1 })
    const page = await createBrowser(app.portal).signIn({ username: 'root' }, HERE)
    assert.deepEqual([page.status, page.headers['retry-after']], [429, '300'])
    assert.equal((await known.signIn({}, HERE)).status, 303)
    assert.equal((await createBrowser(app.portal).signIn({ username: 'root' }, ELSEWHERE)).status, 303)
  })

  test('LOGIN-17: of many at once no more are checked than are counted', async (t) => {
    let checks = 0
    const counted = await openPortal(t, {
      overrides: ({ portalParts }) => {
        const { passwords } = portalParts
        const verify: typeof passwords.verify = (stored, password) => (checks++, passwords.verify(stored, password))
        return { portalParts: { ...portalParts, passwords: { ...passwords, verify } } }
      },
    })
    await counted.addUser('alice')
    const browsers = Array.from({ length: 40 }, () => createBrowser(counted.portal))
    const pages = await Promise.all(browsers.map((browser) => browser.signIn({ password: 'wrong' })))
    assert.equal(checks, 10)
    assert.equal(pages.filter(({ status }) => status === 429).length, 30)
  })

  test('administrators list and clear counts by API, nobody else, and it is written down', async () => {
    await clear()
    await fail('alice', { times: 10 })
    const [root, alice] = [createBrowser(app.portal), createBrowser(app.portal)]
    await root.signIn({ username: 'root' }, ELSEWHERE)
    await alice.signIn({}, ELSEWHERE)
    await fail('alice', { times: 2, from: () => '203.0.113.5' })
    assert.equal((await alice.get('/.postern/api/v2/attempts')).status, 403)
    const { text } = await root.get('/.postern/api/v2/attempts?login=alice')
    const { data } = JSON.parse(text) as { data: { login: string; network: string | null; failures: number }[] }
    assert.deepEqual(data.map(({ login, network, failures }) => `${login} ${network} ${failures}`).sort(), [
      'alice 192.0.2.1/32 10',
      'alice 203.0.113.5/32 2',
      'alice null 2',
    ])
    assert.equal((await root.get('/.postern/api/v2/attempts?network=x')).status, 400)
  })
})
