import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { createBrowser, openPortal } from '../login/browser.ts'
import type { Browser } from '../login/browser.ts'
import { suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'

interface Envelope {
  readonly status: string
  readonly data?: Readonly<Record<string, unknown>>
  readonly errors?: readonly { readonly code: string }[]
}

suite('the API that explains the policy', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  before(async () => {
    app = await openPortal(cleanup)
    await app.addUser('alice', { roles: ['user'] })
    await app.addUser('root', { roles: ['postern-admin'] })
    await app.addUser('carol', { roles: ['admin'], disabled: true })
  })

  const ask = async (browser: Browser, query: Readonly<Record<string, string>>): Promise<[number, Envelope]> => {
    const { status, text } = await browser.get(
      `/.postern/api/v2/policy/explain?${new URLSearchParams(query).toString()}`,
    )
    return [status, JSON.parse(text) as Envelope]
  }
  const administrator = async (): Promise<Browser> => {
    const browser = createBrowser(app.portal)
    await browser.signIn({ username: 'root' })
    return browser
  }
  const URL_OF_ADMIN = 'https://app.example.com/admin/x'

  test('is for administrators alone', async () => {
    const browser = createBrowser(app.portal)
    assert.deepEqual((await ask(browser, { url: URL_OF_ADMIN }))[0], 401)
    await browser.signIn()
    const [status, { errors }] = await ask(browser, { url: URL_OF_ADMIN })
    assert.deepEqual([status, errors?.[0]?.code], [403, 'forbidden'])
  })

  test('says what is decided, for whom, by which rule, and every step to it', async () => {
    const browser = await administrator()
    const [status, { data }] = await ask(browser, { url: URL_OF_ADMIN, user: 'Alice', method: 'POST' })
    assert.equal(status, 200)
    const { kind, reason, app: name, rule, policy_version: version } = data ?? {}
    assert.deepEqual([kind, reason, name, version], ['forbid', 'missing_role', 'app', 1])
    assert.equal((rule as { number: number }).number, 3)
    assert.equal((data?.['readings'] as unknown[] | undefined)?.length, 1)
  })

  test('without a user it is nobody who asks, and so it is for somebody disabled', async () => {
    const browser = await administrator()
    for (const who of [{}, { user: 'carol' }]) {
      const [status, { data }] = await ask(browser, { url: URL_OF_ADMIN, ...who })
      assert.deepEqual([status, data?.['kind'], data?.['reason']], [200, 'sign_in', 'nobody'])
    }
  })

  test('tells what is missing or unknown', async () => {
    const browser = await administrator()
    assert.equal((await ask(browser, {}))[0], 400)
    const [status, { errors }] = await ask(browser, { url: URL_OF_ADMIN, user: 'nobody-here' })
    assert.deepEqual([status, errors?.[0]?.code], [404, 'unknown_user'])
    const [, { data }] = await ask(browser, { url: 'https://app.example.com/a%zz' })
    assert.deepEqual([data?.['kind'], data?.['reason']], ['refuse', 'bad_percent_encoding'])
  })
})
