import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { recordEvent } from '../../src/audit/events.ts'
import { READ_EVENT_HOURS, SUM_EVENT_HOURS } from '../../src/audit/event-hours-table.ts'
import { statement } from '../../src/store/statement.ts'
import { createBrowser, openPortal } from '../login/browser.ts'
import type { Browser } from '../login/browser.ts'
import { suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { openTestDatabase } from '../support/database.ts'

const POLICY = `
version: 1
roles:
  helpdesk: ['postern.users:read']
  watcher: ['postern.system:read']
  reader: ['api:read']
apps:
  - { name: app, hosts: [app.example.com], rules: [{ require: {} }] }
`
const ROLES = { root: 'postern-admin', helen: 'helpdesk', wanda: 'watcher', rita: 'reader' } as const

/** As if it happened a while ago. */
const ADD_EVENT = statement<[type: string, result: string, minutesAgo: number, user: string]>(
  'add_event_for_test',
  `insert into auth.auth_audit_log (event_type, result, occurred_at, actor_login)
   values ($1, $2, now() - $3 * interval '1 minute', $4)`,
)
const COUNT_HOURS = statement<[], { count: number }>('count_hours', 'select count(*)::int from auth.event_hours')

suite('the overview of the console', () => {
  const t = suiteCleanup()
  let app: TestApp
  before(async () => {
    app = await openPortal(t, { policy: POLICY })
    for (const [login, role] of Object.entries(ROLES)) await app.addUser(login, { roles: [role] })
  })

  const signedIn = async (username: keyof typeof ROLES): Promise<Browser> => {
    const browser = createBrowser(app.portal)
    assert.equal((await browser.signIn({ username })).status, 303)
    return browser
  }

  test('is for whoever may do something of ours, and for nobody else', async () => {
    assert.equal((await createBrowser(app.portal).get('/.postern/admin')).status, 302)
    assert.equal((await (await signedIn('rita')).get('/.postern/admin')).status, 403)
    assert.equal((await (await signedIn('helen')).get('/.postern/admin')).status, 200)
  })

  test('shows each what he may see, in the menu and on the page', async () => {
    const linksOf = async (login: keyof typeof ROLES): Promise<string[]> => {
      const { text } = await (await signedIn(login)).get('/.postern/admin')
      const menu = /<nav class="places"[\s\S]*?<\/nav>/.exec(text)?.[0] ?? ''
      return [...menu.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href.replace('/.postern/', ''))
    }
    assert.deepEqual(await linksOf('helen'), ['admin', 'admin/users', 'admin/roles', 'admin/grants', ''])
    assert.deepEqual(await linksOf('wanda'), ['admin', 'admin/system', 'admin/keys', ''])
    assert.ok((await linksOf('root')).includes('admin/audit'))
    const helens = (await (await signedIn('helen')).get('/.postern/admin')).text
    assert.doesNotMatch(helens, /<svg|Active sign-ins|All parts do/)
    const wandas = (await (await signedIn('wanda')).get('/.postern/admin')).text
    assert.match(wandas, /All parts do their work/)
    assert.doesNotMatch(wandas, /Active sign-ins|id="sign-ins-title"/)
  })

  test('plots sign-ins of the day and lists what is odd, as text', async () => {
    await app.database.query(ADD_EVENT, 'sign_in', 'failure', 90, 'mallory')
    await app.database.query(ADD_EVENT, 'anomaly_sign_in_burst', 'failure', 30, '<script>alert(1)</script>')
    const { text, headers } = await (await signedIn('root')).get('/.postern/admin')
    assert.match(text, /<rect\s+class="bad"/)
    assert.match(text, /<desc id="sign-ins-desc">Sums of 24 hours. Signed in: \d+, Failed: 1.<\/desc>/)
    assert.match(text, /anomaly_sign_in_burst/)
    assert.ok(!text.includes('<script>alert'))
    assert.doesNotMatch(text, /style="|\son\w+="/)
    assert.match(headers['content-security-policy'] ?? '', /script-src 'self'/)
  })

  test('tells nothing that nobody wrote in its address', async () => {
    const browser = await signedIn('root')
    assert.match((await browser.get('/.postern/admin?done=proven')).text, /You have proven who you are/)
    const odd = await browser.get('/.postern/admin?done=%3Cb%3E')
    assert.deepEqual([odd.status, odd.text.includes('role="status"')], [200, false])
    assert.equal((await browser.get('/.postern/admin?done=constructor')).text.includes('role="status"'), false)
  })
})

test('the sums of the hours are what a count of the log gives, before and after they are made', async (t) => {
  const { database } = await openTestDatabase(t)
  await recordEvent(database, { type: 'sign_in', result: 'success', actor: null })
  for (const minutes of [70, 130, 131, 600, 1_380]) await database.query(ADD_EVENT, 'sign_in', 'success', minutes, 'a')
  await database.query(ADD_EVENT, 'sign_in', 'failure', 600, 'a')
  const counted = await database.query(READ_EVENT_HOURS)
  assert.equal(counted.length, 24)
  assert.deepEqual(
    counted.map(({ hour }) => hour.getTime() % 3_600_000),
    Array.from({ length: 24 }, () => 0),
  )
  for (let rounds = 0; rounds < 10; rounds++) await database.query(SUM_EVENT_HOURS)
  const [hours] = await database.query(COUNT_HOURS)
  assert.ok((hours?.count ?? 0) >= 47)
  assert.deepEqual(await database.query(READ_EVENT_HOURS), counted)
  assert.equal(
    counted.reduce((sum, { counts }) => sum + (counts['sign_in failure'] ?? 0), 0),
    1,
  )
})
