import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { hashToken } from '../../src/lib/tokens.ts'
import { recordChange } from '../../src/store/changes.ts'
import { statement } from '../../src/store/statement.ts'
import { suiteCleanup } from '../support/app.ts'
import { addAuthenticator, addRecoveryCodes } from './own-factors.ts'
import type { Authenticator } from './own-factors.ts'
import { hiddenField, openDomains, PORTAL } from './traveller.ts'
import type { Domains, Stop, Traveller } from './traveller.ts'

const POLICY = [
  'version: 1',
  'apps:',
  '  - name: app',
  '    hosts: [app.example.com]',
  '    rules:',
  '      - { path: /safe/**, require: { factors: 2 } }',
  '      - { path: /vault/**, require: { factors: 2, max_auth_age: 15m } }',
  '      - { require: {} }',
  '  - { name: portal, hosts: [auth.example.com], rules: [] }',
  '',
].join('\n')

const APP = 'https://app.example.com'
const SAFE = `${APP}/safe/x?y=1&z=%20`
const VAULT = `${APP}/vault/`
const SESSION = '__Host-postern'

const AGE_SECOND = statement<[], { session_id: string }>(
  'age_second',
  `update auth.session_tokens set factors = factors || jsonb_build_object('totp', (factors ->> 'totp')::bigint - 3600000)
   where factors ? 'totp' returning session_id`,
)
const FIND_FACTORS = statement<[tokenHash: Buffer], { of_token: object; of_sign_in: object }>(
  'find_factors',
  `select t.factors as of_token, s.factors as of_sign_in
   from auth.session_tokens t join auth.sessions s on s.id = t.session_id where t.token_hash = $1`,
)

suite('a rule that asks for two factors', () => {
  const cleanup = suiteCleanup()

  test('leads whoever has given one to the other, and back to exactly the page', async () => {
    const { domains, traveller, authenticator } = await signedIn()
    const old = traveller.cookie(PORTAL, SESSION) ?? ''
    const oldApp = traveller.cookie(APP, '__Host-postern_app') ?? ''
    const form = await traveller.open(SAFE, 8)
    assert.ok(form.url.startsWith(`${PORTAL}/login/step-up?rd=`), form.url)
    assert.match(form.text, /to go on to <strong>app.example.com/)
    const end = await give(traveller, form, { code: authenticator.code() })
    assert.deepEqual([end.url, end.user], [SAFE, 'alice'])
    const raised = traveller.cookie(PORTAL, SESSION) ?? ''
    assert.notEqual(raised, old)
    assert.equal(await domains.context.sessions.whoHas(old, null), null)
    const [row] = await domains.database.query(FIND_FACTORS, hashToken(raised))
    assert.deepEqual(Object.keys(row?.of_token ?? {}).toSorted(), ['password', 'totp'])
    assert.deepEqual(Object.keys(row?.of_sign_in ?? {}).toSorted(), ['password', 'totp'])
    assert.equal(await domains.verdict(SAFE, `__Host-postern_app=${oldApp}`), '302')
    assert.equal(await domains.verdict(`${APP}/`, `__Host-postern_app=${oldApp}`), 'user alice')
  })

  test('asks nobody twice: a hand-over is enough once the portal knows both factors', async () => {
    const { traveller, authenticator } = await signedIn()
    await give(traveller, await traveller.open(SAFE, 8), { code: authenticator.code() })
    assert.equal((await traveller.open(SAFE, 8)).user, 'alice')
    traveller.jar.store(new URL(APP), ['__Host-postern_app=; Max-Age=0; Path=/; Secure'])
    assert.equal((await traveller.open(SAFE, 8)).user, 'alice')
  })

  test('LOGIN-22: wrong codes are counted, and raise nothing', async () => {
    const { traveller } = await signedIn()
    const form = await traveller.open(SAFE, 8)
    const wrong = await post(traveller, form, { code: '000000' })
    assert.equal(wrong.status, 401)
    assert.match(wrong.text, /was not accepted/)
    assert.equal((await traveller.open(SAFE)).user, null)
  })

  test('takes a recovery code, too', async () => {
    const { domains, traveller } = await signedIn()
    const [code = ''] = await addRecoveryCodes(domains, 'alice')
    const form = await traveller.open(SAFE, 8)
    assert.equal((await give(traveller, form, { factor: 'recovery', code })).user, 'alice')
  })

  test('MFA-17: a password given anew is no second factor', async () => {
    const { domains, traveller, authenticator } = await signedIn()
    await give(traveller, await traveller.open(VAULT, 8), { code: authenticator.code() })
    assert.equal((await traveller.open(VAULT)).user, 'alice')
    await domains.context.feed.commit(domains.database, async (tx) => {
      for (const { session_id: session } of await tx.query(AGE_SECOND)) await recordChange(tx, { session })
    })
    const form = await traveller.open(VAULT, 8)
    assert.match(form.text, /name="username"[^>]*value="alice"/)
    const second = await traveller.signIn(VAULT)
    assert.ok(second.url.startsWith(`${PORTAL}/login/second-factor?rd=`), second.url)
    assert.equal((await traveller.open(VAULT)).user, null)
    const end = await give(traveller, second, { code: authenticator.code(1) })
    assert.deepEqual([end.url, end.user], [VAULT, 'alice'])
  })

  test('is not met by a device that is trusted', async () => {
    const { traveller, authenticator } = await signedIn()
    await traveller.post(`${PORTAL}/logout`, { csrf: hiddenField(await traveller.open(`${PORTAL}/`), 'csrf') })
    const second = await traveller.signIn(`${APP}/`)
    await give(traveller, second, { code: authenticator.code(), trust: 'yes' })
    await traveller.post(`${PORTAL}/logout`, { csrf: hiddenField(await traveller.open(`${PORTAL}/`), 'csrf') })
    assert.equal((await traveller.signIn(`${APP}/`)).user, 'alice')
    const form = await traveller.open(SAFE, 8)
    assert.ok(form.url.startsWith(`${PORTAL}/login/step-up?rd=`), form.url)
  })

  test('SESS-13: tells whoever has no second factor that one is needed, and where to set it up', async () => {
    const domains = await openDomains(cleanup, { policy: POLICY })
    const traveller = domains.travel()
    await traveller.signIn(`${APP}/`)
    const page = await traveller.open(SAFE, 8)
    assert.equal(page.status, 403)
    assert.match(page.text, /href="\/account\/factors"/)
    assert.match(page.text, /<strong>app.example.com<\/strong> may be opened only by people/)
    const authenticator = await addAuthenticator(domains, 'alice')
    const form = await traveller.open(SAFE, 8)
    assert.equal((await give(traveller, form, { code: authenticator.code() })).user, 'alice')
  })

  test('asks for both who is not signed in at all', async () => {
    const { domains, authenticator } = await signedIn()
    const other = domains.travel()
    const second = await other.signIn(SAFE)
    assert.ok(second.url.startsWith(`${PORTAL}/login/second-factor?rd=`), second.url)
    assert.equal((await give(other, second, { code: authenticator.code(1) })).user, 'alice')
  })

  test('RD-02: a return address that nobody signed leads to the start page alone', async () => {
    const { traveller, authenticator } = await signedIn()
    const forged = 'W10.x'
    const form = await traveller.open(`${PORTAL}/login/step-up?rd=${forged}`)
    assert.equal(hiddenField(form, 'rd'), '')
    const sent = await post(traveller, form, { code: authenticator.code(), rd: forged })
    assert.deepEqual([sent.status, sent.headers['location']], [303, '/'])
  })

  /** Alice with an authenticator app, signed in by password before she had it. */
  async function signedIn(): Promise<{ domains: Domains; traveller: Traveller; authenticator: Authenticator }> {
    const domains = await openDomains(cleanup, { policy: POLICY })
    const traveller = domains.travel()
    await traveller.signIn(`${APP}/`)
    return { domains, traveller, authenticator: await addAuthenticator(domains, 'alice') }
  }

  function post(traveller: Traveller, form: Stop, fields: Readonly<Record<string, string>>): Promise<Stop> {
    const rd = hiddenField(form, 'rd')
    const { origin, pathname } = new URL(form.url)
    const own = { csrf: hiddenField(form, 'csrf'), factor: 'totp', ...(rd !== '' && { rd }) }
    return traveller.post(origin + pathname, { ...own, ...fields })
  }

  async function give(traveller: Traveller, form: Stop, fields: Readonly<Record<string, string>>): Promise<Stop> {
    const sent = await post(traveller, form, fields)
    const { location } = sent.headers
    return location === undefined ? sent : traveller.open(new URL(location, form.url).href, 8)
  }
})
