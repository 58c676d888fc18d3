import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runOrder } from '../../src/commands/registry.ts'
import { PosternError } from '../../src/errors.ts'
import { completeEnrolment } from '../../src/login/enrol.ts'
import { totpCode } from '../../src/credentials/totp-code.ts'
import { statement } from '../../src/store/statement.ts'
import { ORIGIN, suiteCleanup, usePolicy } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { createBrowser, hidden, openPortal } from './browser.ts'
import { addAuthenticator, userIdOf } from './own-factors.ts'

const ENROL = '/.postern/login/enrol'
const BROWSER_URL = new URL(ORIGIN)
const SESSION = '__Host-postern'
const STEP_MS = 30_000
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

const DAYS_PASS = statement<[days: number]>(
  'days_pass',
  `update auth.users set second_factor_asked_at = second_factor_asked_at - $1::int * interval '1 day'`,
)
const LIST_ALARMS = statement<[], { event_type: string; actor_login: string }>(
  'list_alarms',
  `select event_type, actor_login from auth.auth_audit_log where event_type = 'break_glass_used'`,
)
const LIST_MAILS = statement<[], { recipient: string; kind: string }>(
  'list_mails',
  `select recipient, kind from auth.mail_outbox order by recipient`,
)
const COUNT_CHANGES = statement<[userId: string], { count: number }>(
  'count_changes',
  `select count(*)::int as count from auth.changes where user_id = $1`,
)
const VISIT = { address: '192.0.2.1', userAgent: 'test', deviceHash: null, previous: null }
const NO_RISK = { score: 0, reasons: [] }

function policyWith(graceDays: number): string {
  return [
    'version: 1',
    'roles: { staff: [], guest: [] }',
    `second_factor: { roles: [staff, postern-admin], grace_days: ${graceDays} }`,
    'apps: [{ name: app, hosts: [app.example.com], rules: [{ require: {} }] }]',
    '',
  ].join('\n')
}

suite('a second factor that the policy demands', () => {
  const cleanup = suiteCleanup()

  async function open(graceDays: number): Promise<TestApp> {
    const app = await openPortal(cleanup, { policy: policyWith(graceDays) })
    await app.addUser('alice', { roles: ['staff'] })
    await app.addUser('gus', { roles: ['guest'] })
    return app
  }

  test('is set up on the way in where there is no grace, and nothing else can be done', async () => {
    const app = await open(0)
    const browser = createBrowser(app.portal)
    const sent = await browser.signIn()
    assert.deepEqual([sent.status, sent.headers['location']], [303, ENROL])
    assert.equal(browser.jar.value(BROWSER_URL, SESSION), null)
    for (const path of ['/.postern/account/factors', '/.postern/login/second-factor'])
      assert.notEqual((await browser.get(path)).status, 200, path)
    await browser.signIn()
    const first = await browser.get(ENROL)
    const shown = await browser.post(ENROL, { body: { csrf: hidden(first, 'csrf') } })
    const key = keyIn(shown.text)
    const csrf = hidden(shown, 'csrf')
    const wrong = await browser.post(`${ENROL}/confirm`, { body: { csrf, code: '000000' } })
    assert.equal(wrong.status, 401)
    assert.ok(!wrong.text.includes('<svg'))
    const code = totpCode(key, Math.floor(Date.now() / STEP_MS))
    const done = await browser.post(`${ENROL}/confirm`, { body: { csrf, code } })
    assert.deepEqual([done.status, done.headers['location']], [303, '/.postern/'])
    const principal = await app.context.sessions.whoHas(browser.jar.value(BROWSER_URL, SESSION) ?? '', null)
    assert.deepEqual(Object.keys(principal?.factors ?? {}).toSorted(), ['password', 'totp'])
    assert.equal((await browser.signIn()).headers['location'], '/.postern/login/second-factor')
  })

  test('may wait for the days of grace, with a notice that says for how long', async () => {
    const app = await open(14)
    const browser = createBrowser(app.portal)
    const sent = await browser.signIn()
    assert.equal(sent.headers['location'], '/.postern/login/enrol-soon')
    const day = new Date(Date.now() + 14 * 86_400_000).toISOString().slice(0, 10)
    const notice = await browser.get('/.postern/login/enrol-soon')
    assert.ok(notice.text.includes(day), notice.text)
    assert.match(notice.text, /href="\/.postern\/account\/factors"/)
    await app.database.query(DAYS_PASS, 13)
    assert.equal((await browser.signIn()).headers['location'], '/.postern/login/enrol-soon')
    await app.database.query(DAYS_PASS, 1)
    assert.equal((await browser.signIn()).headers['location'], ENROL)
    await usePolicy(app.context, policyWith(30))
    assert.equal((await browser.signIn()).headers['location'], '/.postern/login/enrol-soon')
  })

  test('is asked of nobody else', async () => {
    const app = await open(0)
    assert.equal((await createBrowser(app.portal).signIn({ username: 'gus' })).headers['location'], '/.postern/')
  })

  test('is set up by nobody whose password was changed meanwhile, and memory hears of it when it is', async () => {
    const app = await open(0)
    const { portalParts, ownFactors, factors } = app.context
    const userId = await userIdOf(app, 'alice')
    const about = { userId, login: 'alice', factors: { password: 0 }, remember: false, address: null, risk: NO_RISK }
    const complete = async (sessionEpoch: number): Promise<string> => {
      const token = await portalParts.pending.open(app.database, { ...about, sessionEpoch, next: 'enrol' })
      const code = totpCode(await ownFactors.beginTotp(app.database, userId), Math.floor(Date.now() / STEP_MS))
      return (await completeEnrolment(portalParts, token, { visit: VISIT, code })).kind
    }
    const [before] = await app.database.query(COUNT_CHANGES, userId)
    const isOver = (error: unknown): boolean => error instanceof PosternError && error.code === 'not_signed_in'
    await assert.rejects(complete(7), isOver)
    assert.deepEqual(await factors.ownedBy(app.database, userId), [])
    assert.deepEqual(await app.database.query(COUNT_CHANGES, userId), [before])
    assert.equal(await complete(0), 'signed_in')
    assert.deepEqual(await app.database.query(COUNT_CHANGES, userId), [{ count: (before?.count ?? 0) + 1 }])
  })

  test('that was set up elsewhere meanwhile is to be given', async () => {
    const app = await open(0)
    const browser = createBrowser(app.portal)
    await browser.signIn()
    const shown = await browser.post(ENROL, { body: { csrf: hidden(await browser.get(ENROL), 'csrf') } })
    const code = totpCode(keyIn(shown.text), Math.floor(Date.now() / STEP_MS))
    await addAuthenticator(app, 'alice')
    const late = await browser.post(`${ENROL}/confirm`, { body: { csrf: hidden(shown, 'csrf'), code } })
    assert.equal(late.headers['location'], '/.postern/login?again=expired')
  })

  test('is not asked of a break-glass account, whose use alarms everybody who administers', async () => {
    const app = await open(0)
    await app.addUser('root', { roles: ['postern-admin'] })
    const given = { login: 'sealed', email: 'sealed@example.com' }
    const reply = await runOrder(app.context, { command: 'user create break-glass', given })
    assert.ok('result' in reply)
    const { password } = reply.result.data as { password: string }
    assert.match(password, /^[\w-]{32}$/)
    const browser = createBrowser(app.portal)
    const sent = await browser.signIn({ username: 'sealed', password })
    assert.equal(sent.headers['location'], '/.postern/')
    assert.deepEqual(await app.database.query(LIST_ALARMS), [{ event_type: 'break_glass_used', actor_login: 'sealed' }])
    const alarms = app.logs().filter(({ level }) => level === 'error')
    assert.deepEqual(
      alarms.map(({ msg, login }) => [msg, login]),
      [['a break-glass account was used', 'sealed']],
    )
    const mails = await app.database.query(LIST_MAILS)
    assert.deepEqual(
      mails.filter(({ kind }) => kind === 'break_glass_used').map(({ recipient }) => recipient),
      ['root@example.com', 'sealed@example.com'],
    )
  })
})

/** The key as the page tells it to people who type it. */
function keyIn(text: string): Buffer {
  const [, typed = ''] = /type this key into it: <code>([A-Z2-7 ]+)<\/code>/.exec(text) ?? []
  const bits = Array.from(typed.replaceAll(' ', ''), (letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0'))
  const bytes = bits.join('').match(/.{8}/g) ?? []
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)))
}
