import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { addPasskey, confirmTotp, removeFactor, renameFactor, renewCodes } from '../../src/account/factor-changes.ts'
import type { FactorOwner } from '../../src/account/factor-changes.ts'
import { PosternError } from '../../src/errors.ts'
import { statement } from '../../src/store/statement.ts'
import { grantToken } from '../../src/tokens/tokens.ts'
import { openPortal } from '../login/browser.ts'
import { addAuthenticator, addRecoveryCodes } from '../login/own-factors.ts'
import { HOST, ORIGIN, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { createAuthenticator } from '../support/authenticator.ts'
import { until } from '../support/until.ts'
import { codeNow } from './factor-visitor.ts'

const BINDING = 'session of this browser'
const WISH = { name: 'backup', days: 30, apps: [], hosts: [], paths: [], methods: [], networks: [] }
const WAITING = statement<[], { count: number }>(
  'waiting',
  `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
)
const WRITTEN = statement<[login: string], { count: number }>(
  'written',
  `select (select count(*) from auth.auth_audit_log where actor_login = $1)::int +
     (select count(*) from auth.mail_outbox o join auth.users u on u.id = o.user_id where u.login = $1)::int as count`,
)

suite('a sign-in that is over, which memory still knows', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  let count = 0
  before(async () => {
    app = await openPortal(cleanup)
  })

  /** Somebody signed in as a request found him a moment ago. */
  const somebody = async (): Promise<FactorOwner> => {
    const login = `user-${++count}`
    await app.addUser(login)
    const principal = await app.context.sessions.whoHas(await app.token(login), null)
    assert.ok(principal !== null)
    return { principal, address: '192.0.2.1', userAgent: 'test' }
  }
  const end = ({ principal }: FactorOwner): Promise<number> => app.context.sessions.endAllOf(principal.login, 'revoked')
  const codeOfNew = async ({ principal }: FactorOwner): Promise<string> =>
    codeNow(await app.context.ownFactors.beginTotp(app.database, principal.userId))
  const passkey = async ({ principal }: FactorOwner): Promise<unknown> => {
    const { challenge } = await app.context.ownFactors.beginPasskey(app.database, {
      owner: principal,
      binding: BINDING,
    })
    return createAuthenticator({ origin: ORIGIN, rpId: HOST }).create(challenge)
  }
  const grant = ({ principal }: FactorOwner): Promise<unknown> => {
    const { context } = app
    const doer = { actor: principal, signInId: principal.signInId }
    return grantToken({ ...context, policy: () => context.policies.current() }, principal, WISH, doer)
  }

  test('adds no factor, makes no token, and nothing is written down or mailed', async () => {
    const owner = await somebody()
    const { login, userId } = owner.principal
    const [code, response] = [await codeOfNew(owner), await passkey(owner)]
    await end(owner)
    const [before] = await app.database.query(WRITTEN, login)
    const tries = {
      totp: () => confirmTotp(app.context, owner, { name: 'thief', code }),
      passkey: () => addPasskey(app.context, owner, { name: 'thief', binding: BINDING, response }),
      codes: () => renewCodes(app.context, owner),
      token: () => grant(owner),
    }
    for (const [what, attempt] of Object.entries(tries)) await assert.rejects(attempt, isOver, what)
    assert.deepEqual(await app.context.ownFactors.count(app.database, userId), { totp: 0, webauthn: 0, recovery: 0 })
    assert.deepEqual(await app.context.apiTokens.list(login, 9), [])
    assert.deepEqual(await app.database.query(WRITTEN, login), [before])
  })

  test('neither removes nor renames a factor, and leaves the recovery codes as they are', async () => {
    const owner = await somebody()
    const { login, userId } = owner.principal
    await addAuthenticator(app, login)
    const [code = ''] = await addRecoveryCodes(app, login)
    const before = await app.context.ownFactors.list(app.database, userId)
    const factor = { kind: 'totp', id: before[0]?.id ?? '' } as const
    await end(owner)
    await assert.rejects(removeFactor(app.context, owner, { ...factor, mustKeepOne: false }), isOver)
    await assert.rejects(renameFactor(app.context, owner, { ...factor, name: 'mine' }), isOver)
    await assert.rejects(renewCodes(app.context, owner), isOver)
    assert.deepEqual(await app.context.ownFactors.list(app.database, userId), before)
    assert.equal(await app.context.factors.proveRecovery(app.database, userId, code), true)
  })

  test('that is being ended in these very moments adds nothing either', async () => {
    for (const act of ['totp', 'token'] as const) {
      const owner = await somebody()
      const { login, userId } = owner.principal
      const code = await codeOfNew(owner)
      let acting: Promise<unknown> = Promise.resolve()
      await app.database.transaction(async (tx) => {
        await app.context.sessions.endAllIn(tx, login, 'revoked')
        acting = act === 'totp' ? confirmTotp(app.context, owner, { name: 'thief', code }) : grant(owner)
        acting.catch(() => undefined)
        await until('waiting for the end', 5_000, async () => (await app.database.query(WAITING))[0]?.count === 1)
      })
      await assert.rejects(acting, isOver, act)
      assert.deepEqual(await app.context.factors.ownedBy(app.database, userId), [])
      assert.deepEqual(await app.context.apiTokens.list(login, 9), [])
    }
  })

  test('one that counts does all of it, each once', async () => {
    const owner = await somebody()
    const [code, response] = [await codeOfNew(owner), await passkey(owner)]
    assert.equal((await confirmTotp(app.context, owner, { name: 'Phone', code })).kind, 'added')
    assert.equal((await addPasskey(app.context, owner, { name: 'Key', binding: BINDING, response })).kind, 'added')
    assert.equal((await renewCodes(app.context, owner)).length, 10)
    await grant(owner)
    assert.equal((await app.context.apiTokens.list(owner.principal.login, 9)).length, 1)
  })
})

function isOver(error: unknown): boolean {
  return error instanceof PosternError && error.code === 'not_signed_in'
}
