import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { PASSWORD, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { createBrowser, hidden, openPortal } from './browser.ts'

const API = '/.postern/api/v2/auth/login'
const LOGIN = '/.postern/login'
const GOOD = { username: 'alice', password: PASSWORD }
const FORM = 'application/x-www-form-urlencoded'

suite('the body of a sign-in', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  let checks = 0
  before(async () => {
    app = await openPortal(cleanup, {
      overrides: ({ portalParts }) => {
        const { passwords } = portalParts
        const verify: typeof passwords.verify = (stored, password) => (checks++, passwords.verify(stored, password))
        return { portalParts: { ...portalParts, passwords: { ...passwords, verify } } }
      },
    })
    await app.addUser('alice')
  })

  const api = async (body: string | Buffer, type = 'application/json'): Promise<number> => {
    const page = await createBrowser(app.portal).post(API, { body, headers: { 'content-type': type } })
    if (page.status !== 200) assert.match(page.text, /^\{"status":"error",/)
    const sessions = page.setCookie.filter((line) => line.startsWith('__Host-postern='))
    assert.equal(sessions.length, page.status === 200 ? 1 : 0)
    return page.status
  }
  const form = async (text: (csrf: string) => string | Buffer, type = FORM): Promise<number> => {
    const browser = createBrowser(app.portal)
    const csrf = hidden(await browser.get(LOGIN), 'csrf')
    const page = await browser.post(LOGIN, { body: text(csrf), headers: { 'content-type': type } })
    return page.status
  }

  test('LOGIN-04, LOGIN-05, DOS-04: as JSON is exactly two texts, or 400 and nothing is checked', async () => {
    assert.equal(await api(JSON.stringify(GOOD)), 200)
    checks = 0
    const values = [['alice'], { $ne: '' }, 1, null, true, '', 'x'.repeat(4_097), {}, []]
    const bodies = [
      ...values.map((username) => JSON.stringify({ ...GOOD, username })),
      ...values.map((password) => JSON.stringify({ ...GOOD, password })),
      JSON.stringify({ username: 'alice' }),
      JSON.stringify({ password: PASSWORD }),
      ...['yes', 1, null, {}, [true]].map((remember) => JSON.stringify({ ...GOOD, remember })),
      JSON.stringify({ ...GOOD, csrf: 'x' }),
      `{"username":"bob","username":"alice","password":"${PASSWORD}"}`,
      `{"username":"alice","password":"x","pass\\u0077ord":"${PASSWORD}"}`,
      `{"__proto__":{"username":"alice"},"username":"alice","password":"${PASSWORD}"}`,
      `{"constructor":1,"username":"alice","password":"${PASSWORD}"}`,
      `{"username":"ali\\u0000ce","password":"${PASSWORD}"}`,
      `{"username":"\\ud800","password":"${PASSWORD}"}`,
      `\ufeff${JSON.stringify(GOOD)}`,
      `${JSON.stringify(GOOD)} x`,
      `[${JSON.stringify(GOOD)}]`,
      '"alice"',
      'null',
      '',
      '{',
      '['.repeat(16_000),
      `{"username":${'['.repeat(7_000)}${']'.repeat(7_000)},"password":"x"}`,
      `{${Array.from({ length: 1_000 }, (_, index) => `"k${index}":1`).join()}}`,
      `username=alice&password=${encodeURIComponent(PASSWORD)}`,
    ]
    for (const body of bodies) assert.equal(await api(body), 400, body.slice(0, 90))
    const latin1 = Buffer.from(`{"username":"al\u00efce","password":"${PASSWORD}"}`, 'latin1')
    assert.equal(await api(latin1), 400)
    assert.equal(checks, 0)
  })

  test('LOGIN-08: has a content type that can be read in one way only', async () => {
    const good = JSON.stringify(GOOD)
    for (const type of ['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON;charset=UTF-8']) {
      assert.equal(await api(good, type), 200, type)
    }
    checks = 0
    const odd = [
      'application/json garbage',
      'text/plain',
      '',
      'application/json; charset=utf-7',
      'multipart/form-data; boundary=x',
    ]
    const others = [
      'application/json, text/plain',
      'application/json;charset=utf-8;x=y',
      FORM,
      'application/jsonx',
      'text/json',
    ]
    for (const type of [...odd, ...others]) assert.equal(await api(good, type), 400, type)
    const fields = (csrf: string): string => new URLSearchParams({ ...GOOD, csrf }).toString()
    const types = [
      'application/json',
      'text/plain',
      '',
      `${FORM}; charset=utf-16`,
      `${FORM} x`,
      'multipart/form-data; boundary=x',
    ]
    for (const type of types) assert.equal(await form(fields, type), 400, type)
    assert.equal(checks, 0)
    assert.equal(await form(fields, `${FORM};charset=UTF-8`), 303)
  })

  test('LOGIN-07: as a form has each field once, and no other', async () => {
    const rest = `&password=${encodeURIComponent(PASSWORD)}`
    checks = 0
    const bodies: readonly ((csrf: string) => string | Buffer)[] = [
      (csrf) => `username=bob&username=alice${rest}&csrf=${csrf}`,
      (csrf) => `username=alice&%75sername=alice${rest}&csrf=${csrf}`,
      (csrf) => `username[]=alice${rest}&csrf=${csrf}`,
      (csrf) => `username[a]=b${rest}&csrf=${csrf}`,
      (csrf) => `username=alice${rest}&csrf=${csrf}&csrf=${csrf}`,
      (csrf) => `username=alice${rest}&csrf=${csrf}&role=admin`,
      (csrf) => `username=alice${rest}&csrf=${csrf}&__proto__=x`,
      (csrf) => `username=alice${rest}&csrf=${csrf}&=x`,
      (csrf) => `username=al%00ice${rest}&csrf=${csrf}`,
      (csrf) => `username=al%zzice${rest}&csrf=${csrf}`,
      (csrf) => `username=al%ffice${rest}&csrf=${csrf}`,
      (csrf) => Buffer.from(`username=al\u00efce${rest}&csrf=${csrf}`, 'latin1'),
      (csrf) => `username=alice${rest}; csrf=${csrf}`,
      (csrf) => `username=${'x'.repeat(4_097)}${rest}&csrf=${csrf}`,
      () => `username=alice${rest}`,
      () => '',
    ]
    for (const body of bodies) assert.equal(await form(body), 400, String(body))
    assert.equal(checks, 0)
  })

  test('LOGIN-11: has at most 16 KiB', async () => {
    checks = 0
    const long = JSON.stringify({ username: 'alice', password: 'x'.repeat(16_384) })
    assert.equal(await api(long), 400)
    assert.equal(await api(Buffer.alloc(1_048_576, 'x')), 400)
    assert.equal(await form(() => 'x'.repeat(16_385)), 400)
    assert.equal(checks, 0)
  })
})
