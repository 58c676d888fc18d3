import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { FactorTimes } from '../../src/lib/principal.ts'
import { statement } from '../../src/store/statement.ts'
import { findCredentials } from '../../src/users/users.ts'
import { createFormToken } from '../../src/web/csrf.ts'
import { createBrowser, openPortal } from '../login/browser.ts'
import { HOST, ORIGIN, POLICY, suiteCleanup, usePolicy } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { createAuthenticator } from '../support/authenticator.ts'
import { codeNow, FACTORS, keyOf, visit } from './factor-visitor.ts'
import type { FactorVisitor, PageAnswer } from './factor-visitor.ts'

const SITE = { origin: ORIGIN, rpId: HOST }
const MINUTE_MS = 60_000
const EVENTS = statement<[actor: string], { event_type: string; details: Record<string, unknown> }>(
  'events',
  `select event_type, details from auth.auth_audit_log where actor_id = $1 order by occurred_at`,
)
const OPEN = statement<[userId: string], { count: number }>(
  'open',
  `select count(*)::int as count from auth.sessions where user_id = $1 and ended_at is null`,
)
const NOTICES = statement<[userId: string], { kind: string }>(
  'notices',
  `select kind from auth.mail_outbox where user_id = $1 order by created_at`,
)
const ENFORCED = `${POLICY}\nsecond_factor: { roles: [user], grace_days: 7 }\n`

suite('the pages of one’s own factors', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  let count = 0
  before(async () => {
    app = await openPortal(cleanup)
  })

  const somebody = async (factors: FactorTimes = { password: Date.now() }): Promise<FactorVisitor> => {
    const login = `user-${++count}`
    await app.addUser(login, { roles: ['user'] })
    return visit(app, login, factors)
  }
  const loginOf = (): string => `user-${count}`
  const withTotp = async (visitor: FactorVisitor): Promise<Buffer> => {
    const key = keyOf(await visitor.post('/totp'))
    const added = await visitor.post('/totp/confirm', { code: codeNow(key, -1), name: 'Phone' })
    assert.deepEqual([added.status, added.location], [303, FACTORS])
    return key
  }
  const ownedBy = (visitor: FactorVisitor): Promise<readonly string[]> =>
    app.context.factors.ownedBy(app.database, visitor.userId)

  test('are for who is signed in', async () => {
    const stranger = createBrowser(app.portal)
    const list = await stranger.get(FACTORS)
    assert.deepEqual([list.status, list.headers['location']], [302, '/.postern/login'])
    const posts = ['totp', 'totp/confirm', 'passkey', 'passkey/confirm', 'rename', 'remove', 'recovery-codes']
    for (const path of posts)
      assert.equal((await stranger.post(`${FACTORS}/${path}`, { body: { csrf: '' } })).status, 401, path)
  })

  test('MFA-10: a key is shown once with its picture, counts after a right code, and raises the sign-in that showed it', async () => {
    const visitor = await somebody()
    const begun = await visitor.post('/totp')
    const key = keyOf(begun)
    assert.equal(key.length, 20)
    assert.match(begun.text, /<svg class="qr-code" role="img"/)
    const wrong = await visitor.post('/totp/confirm', { code: '12345', name: 'Phone' })
    assert.equal(wrong.status, 400)
    assert.doesNotMatch(wrong.text, /<svg|type this key/)
    assert.deepEqual(await ownedBy(visitor), [])
    const right = await visitor.post('/totp/confirm', { code: codeNow(key), name: '  My <b>phone ' })
    assert.deepEqual([right.status, right.location], [303, FACTORS])
    assert.deepEqual(await ownedBy(visitor), ['totp'])
    const events = await app.database.query(EVENTS, visitor.userId)
    assert.deepEqual(events, [{ event_type: 'factor_added', details: { factor: 'totp' } }])
    assert.deepEqual(await app.database.query(NOTICES, visitor.userId), [{ kind: 'factor_added' }])
    const list = await visitor.open()
    assert.match(list.text, /<h2>My &#60;b&#62;phone<\/h2>/)
    assert.match(list.text, /You have no recovery codes/)
    assert.equal(await app.context.sessions.whoHas(visitor.token, null), null)
    assert.equal((await visitor.post('/recovery-codes')).status, 200)
  })

  test('MFA-10: nothing changes without a proof of the last ten minutes', async () => {
    for (const factors of [{ password: Date.now() - 11 * MINUTE_MS }, {}]) {
      const visitor = await somebody(factors)
      const list = await visitor.open()
      assert.match(list.text, /Prove who you are/)
      assert.doesNotMatch(list.text, /<form/)
      assert.match(list.text, /href="\/\.postern\/login\?rd=[^"]+&#38;prove=again"/)
      const csrf = freshToken(app, visitor)
      for (const path of ['/totp', '/passkey', '/recovery-codes']) {
        const posted = await visitor.post(path, { csrf })
        assert.deepEqual([posted.status, posted.location], [303, FACTORS])
      }
      assert.deepEqual(await ownedBy(visitor), [])
    }
  })

  test('MFA-10, MFA-11: a fresh password alone adds and removes nothing beside a factor that is there', async () => {
    const owner = await somebody()
    await withTotp(owner)
    const passwordOnly = await visit(app, loginOf(), { password: Date.now() })
    const list = await passwordOnly.open()
    assert.match(list.text, /prove=second_factor"/)
    const csrf = freshToken(app, passwordOnly)
    const [device] = await app.context.ownFactors.list(app.database, owner.userId)
    const id = device?.id ?? ''
    for (const [path, fields] of [
      ['/totp', {}],
      ['/passkey', {}],
      ['/recovery-codes', {}],
      ['/remove', { kind: 'totp', id }],
      ['/rename', { kind: 'totp', id, name: 'x' }],
    ] as const)
      assert.equal((await passwordOnly.post(path, { csrf, ...fields })).location, FACTORS)
    assert.deepEqual(await app.context.ownFactors.list(app.database, owner.userId), [device])
    const stale = await visit(app, loginOf(), { password: Date.now(), totp: Date.now() - 11 * MINUTE_MS })
    assert.match((await stale.open()).text, /prove=again"/)
    const both = await visit(app, loginOf(), { password: 0, totp: Date.now() })
    assert.match((await both.open()).text, /Add an authenticator app/)
  })

  test('MFA-11: takes only its own form, from this very sign-in and site', async () => {
    const [one, other] = [await somebody(), await somebody()]
    const foreign = freshToken(app, other)
    for (const csrf of ['', 'x', foreign]) assert.equal((await one.post('/totp', { csrf })).status, 403)
    for (const headers of [{ origin: 'https://evil.test' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }])
      assert.equal((await one.post('/totp', {}, headers)).status, 403)
    assert.equal((await one.post('/totp', { extra: '1' })).status, 400)
  })

  test('WAN-01, WAN-02: a passkey is added by the answer to this very page, once', async () => {
    const [one, other] = [await somebody(), await somebody()]
    const page = await one.post('/passkey')
    assert.match(page.policy, /script-src 'self'/)
    assert.match(page.text, /<script src="\/\.postern\/assets\/passkey-[0-9a-f]{12}\.js" defer>/)
    const { challenge, rp, user } = optionsOf(page)
    assert.deepEqual(
      [rp, user.id],
      [{ id: HOST, name: HOST }, Buffer.from(one.userId.replaceAll('-', ''), 'hex').toString('base64url')],
    )
    const key = createAuthenticator(SITE)
    const response = JSON.stringify(key.create(challenge))
    const foreign = await other.post('/passkey/confirm', { response, name: 'x' })
    assert.equal(foreign.location, `${FACTORS}?notice=passkey_refused`)
    assert.equal((await one.post('/passkey/confirm', { response, name: 'Blue key' })).location, FACTORS)
    assert.deepEqual(await ownedBy(one), ['webauthn'])
    assert.deepEqual(await ownedBy(other), [])
    const again = await visit(app, `user-${count - 1}`, { webauthn: Date.now() })
    assert.equal(
      (await again.post('/passkey/confirm', { response, name: 'x' })).location,
      `${FACTORS}?notice=passkey_refused`,
    )
    assert.equal(
      (await again.post('/passkey/confirm', { response: '{', name: 'x' })).location,
      `${FACTORS}?notice=passkey_refused`,
    )
    assert.match((await again.open()).text, /<h2>Blue key<\/h2>/)
  })

  test('removing one ends all other sign-ins and those under way, but not the one that asks', async () => {
    const owner = await somebody()
    await withTotp(owner)
    const [mine, others] = [await visit(app, loginOf(), { totp: Date.now() }), await visit(app, loginOf(), { totp: 1 })]
    const [device] = await app.context.ownFactors.list(app.database, owner.userId)
    const { session_epoch: before } = await credentials(app, loginOf())
    const removed = await mine.post('/remove', { kind: 'totp', id: device?.id ?? '' })
    assert.equal(removed.location, FACTORS)
    assert.equal(await app.context.sessions.whoHas(others.token, null), null)
    assert.equal(await app.context.sessions.whoHas(owner.token, null), null)
    assert.equal((await app.context.sessions.whoHas(mine.token, null))?.userId, owner.userId)
    assert.deepEqual(await app.database.query(OPEN, owner.userId), [{ count: 1 }])
    const underWay = { userId: owner.userId, sessionEpoch: before, factors: {}, address: null, userAgent: '' }
    assert.equal(await app.database.transaction((tx) => app.context.sessions.start(tx, underWay)), null)
    const kinds = (await app.database.query(NOTICES, owner.userId)).map(({ kind }) => kind)
    assert.deepEqual(kinds, ['factor_added', 'factor_removed'])
  })

  test('nobody removes or renames what is somebody else’s', async () => {
    const [alice, bob] = [await somebody(), await somebody()]
    await withTotp(alice)
    const [device] = await app.context.ownFactors.list(app.database, alice.userId)
    const id = device?.id ?? ''
    assert.equal((await bob.post('/remove', { kind: 'totp', id })).status, 303)
    assert.equal((await bob.post('/rename', { kind: 'totp', id, name: 'mine' })).status, 303)
    for (const wrong of [
      { kind: 'password', id },
      { kind: 'totp', id: `${id}' or 1=1` },
    ])
      assert.equal((await bob.post('/remove', wrong)).status, 400)
    assert.deepEqual(await app.context.ownFactors.list(app.database, alice.userId), [device])
    assert.match((await alice.open()).text, /Rename or remove/)
  })

  test('a name is short and one line; another one is refused', async () => {
    const owner = await somebody()
    await withTotp(owner)
    const mine = await visit(app, loginOf(), { totp: Date.now() })
    const [device] = await app.context.ownFactors.list(app.database, owner.userId)
    const rename = (name: string): Promise<PageAnswer> =>
      mine.post('/rename', { kind: 'totp', id: device?.id ?? '', name })
    for (const name of ['', '  ', 'a\nb', 'a\u202eb', 'x'.repeat(61)])
      assert.equal((await rename(name)).location, `${FACTORS}?notice=name_refused`)
    assert.equal((await rename('Work phone')).location, FACTORS)
    assert.match((await mine.open()).text, /<h2>Work phone<\/h2>/)
  })

  test('MFA-13: recovery codes are shown once, and a few that are left are told of', async () => {
    const owner = await somebody()
    assert.equal((await owner.post('/recovery-codes')).location, FACTORS)
    await withTotp(owner)
    const mine = await visit(app, loginOf(), { totp: Date.now() })
    const page = await mine.post('/recovery-codes')
    const codes = [...page.text.matchAll(/<li><code>([0-9A-Z-]{19})<\/code>/g)].map(([, code = '']) => code)
    assert.equal(codes.length, 10)
    assert.match((await mine.open()).text, /You have 10 of 10/)
    for (const code of codes.slice(0, 7)) {
      assert.doesNotMatch((await mine.open()).text, /Make new ones soon/)
      assert.equal(await app.context.factors.proveRecovery(app.database, owner.userId, code), true)
    }
    assert.match((await mine.open()).text, /You have 3 recovery codes left/)
    const events = (await app.database.query(EVENTS, owner.userId)).map(({ event_type: type }) => type)
    assert.deepEqual(events, ['factor_added', 'recovery_codes_renewed'])
    const logged = JSON.stringify(app.logs())
    for (const code of codes) assert.equal(logged.includes(code), false)
  })

  test('a notice is one of ours, whatever the address says', async () => {
    const owner = await somebody()
    for (const notice of ['<svg onload>', '__proto__', 'toString', 'nothing'])
      assert.doesNotMatch(
        (await owner.open(`?notice=${encodeURIComponent(notice)}`)).text,
        /class="alert" role="alert"/,
      )
    assert.match((await owner.open('?notice=known')).text, /This key is set up already/)
  })
})

test('WAN-14: the last factor stays while the policy wants one of this role', async (t) => {
  const app = await openPortal(t)
  await usePolicy(app.context, ENFORCED)
  for (const [login, roles] of [
    ['alice', ['user']],
    ['bob', ['team']],
  ] as const) {
    await app.addUser(login, { roles })
    const owner = await visit(app, login, { password: Date.now() })
    const key = keyOf(await owner.post('/totp'))
    await owner.post('/totp/confirm', { code: codeNow(key, -1), name: 'Phone' })
    const mine = await visit(app, login, { totp: Date.now() })
    const [device] = await app.context.ownFactors.list(app.database, owner.userId)
    const removed = await mine.post('/remove', { kind: 'totp', id: device?.id ?? '' })
    assert.equal(removed.location, login === 'alice' ? `${FACTORS}?notice=last_one` : FACTORS)
    const left = await app.context.ownFactors.list(app.database, owner.userId)
    assert.equal(left.length, login === 'alice' ? 1 : 0)
  }
})

/** A form token as a page would have it on which this visitor may change things. */
function freshToken({ context }: TestApp, { token }: FactorVisitor): string {
  return createFormToken(context.portalParts.formKeys.minting, { purpose: 'factors', binding: token })
}

async function credentials({ database }: TestApp, login: string): Promise<{ session_epoch: number }> {
  const found = await findCredentials(database, login)
  assert.ok(found !== null)
  return found
}

interface Options {
  readonly challenge: string
  readonly rp: object
  readonly user: { readonly id: string }
}

function optionsOf({ text }: PageAnswer): Options {
  const [, escaped = ''] = /data-options="([^"]*)"/.exec(text) ?? []
  return JSON.parse(escaped.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))) as Options
}
