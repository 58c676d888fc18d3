import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { runOnce } from '../../src/api/idempotency.ts'
import { PRUNE_IDEMPOTENCY_KEYS } from '../../src/api/idempotency-table.ts'
import { createSealing } from '../../src/credentials/sealing.ts'
import { statement } from '../../src/store/statement.ts'
import { openPortal } from '../login/browser.ts'
import { suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { byCookie, byToken } from './caller.ts'
import type { Call } from './caller.ts'

const ALL = statement<[], { text: string }>(
  'all',
  `select coalesce(encode(sealed_reply, 'escape'), '') as text from auth.idempotency_keys`,
)
const MADE = statement<[], { tokens: number }>('made', `select count(*)::int as tokens from auth.api_tokens`)
const AGE = statement<[]>('age', `update auth.idempotency_keys set created_at = now() - interval '25 hours'`)
const COUNT = statement<[], { keys: number }>('count', `select count(*)::int as keys from auth.idempotency_keys`)

suite('an Idempotency-Key', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  let root: Call
  before(async () => {
    app = await openPortal(cleanup, { env: { POSTERN_RATE_LIMITS: 'off' } })
    await app.addUser('root', { roles: ['postern-admin'] })
    await app.addUser('other', { roles: ['postern-admin'] })
    root = await byCookie(app, 'root')
  })
  const key = (text: string) => ({ 'idempotency-key': text })
  const made = async (): Promise<number> => (await app.database.query(MADE))[0]?.tokens ?? 0

  test('makes one thing however often it is sent, and tells its secret again, which is kept sealed', async () => {
    const before = await made()
    const first = await root('POST', '/tokens', { name: 'ci' }, key('k1'))
    const again = await root('POST', '/tokens', { name: 'ci' }, key('k1'))
    assert.deepEqual([first.status, again.status, again.body], [201, 201, first.body])
    assert.deepEqual(
      [first.headers['idempotency-replayed'], again.headers['idempotency-replayed']],
      [undefined, 'true'],
    )
    assert.equal(await made(), before + 1)
    const { token } = first.body.data as { token: string }
    const kept = await app.database.query(ALL)
    assert.ok(kept.length > 0 && kept.every(({ text }) => !text.includes(token) && !text.includes('pst_')))
  })

  test('is for one request: another body, path or caller with the same one is refused', async () => {
    await root('POST', '/tokens', { name: 'one' }, key('k2'))
    const reused = await root('POST', '/tokens', { name: 'two' }, key('k2'))
    assert.deepEqual([reused.status, reused.code], [422, 'key_reused'])
    assert.equal((await root('POST', '/users', { login: 'n', email: 'n@example.com' }, key('k2'))).code, 'key_reused')
    const user = { login: 'u1', email: 'u1@example.com' }
    await root('POST', '/users', user, key('k3'))
    const token = await byToken(app, 'root', ['postern.users:write'])
    assert.equal((await token('POST', '/users', user, key('k3'))).code, 'key_reused')
    const other = await byCookie(app, 'other')
    assert.equal((await other('POST', '/tokens', { name: 'one' }, key('k2'))).status, 201, 'keys are each caller’s own')
  })

  test('of two at once one runs, and the other is told that it does or what came of it', async () => {
    const before = await made()
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => root('POST', '/tokens', { name: 'race' }, key('k4'))),
    )
    assert.equal(await made(), before + 1)
    const codes = new Set(answers.map(({ status, code }) => code ?? String(status)))
    assert.ok(
      codes.has('201') && [...codes].every((code) => code === '201' || code === 'still_running'),
      [...codes].join(),
    )
  })

  test('stays free after a refusal, and used where nobody knows what came of it', async () => {
    const wrong = await root('POST', '/users', { login: 'u2', email: 'nowhere' }, key('k5'))
    assert.equal(wrong.status, 400)
    assert.equal((await root('POST', '/users', { login: 'u2', email: 'u2@example.com' }, key('k5'))).status, 201)
    const parts = { database: app.database, sealing: createSealing(app.context.keys.sealing) }
    const about = {
      raw: { headersDistinct: { 'idempotency-key': ['k6'] } },
      method: 'POST',
      url: '/x',
      body: undefined,
    } as never
    const { id: userId } = (await root('GET', '/me')).body.data as { id: string }
    const caller = { principal: { userId } } as never
    const broken = runOnce(parts, about, caller, async () => Promise.reject(new Error('the connection broke')))
    await assert.rejects(broken, /broke/)
    const retried = runOnce(parts, about, caller, async () => assert.fail('it may have been made'))
    await assert.rejects(retried, { code: 'still_running' })
  })

  test('is text without blanks, and given once', async () => {
    for (const text of ['', 'a b', 'x'.repeat(256), 'ä'])
      assert.equal((await root('POST', '/tokens', { name: 'x' }, key(text))).code, 'bad_request', text)
  })

  test('is forgotten after a day', async () => {
    await app.database.query(AGE)
    await app.database.query(PRUNE_IDEMPOTENCY_KEYS, 86_400_000)
    assert.deepEqual(await app.database.query(COUNT), [{ keys: 0 }])
  })
})
