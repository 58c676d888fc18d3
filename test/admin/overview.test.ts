import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { recordEvent } from '../../src/audit/events.ts'
import { READ_EVENT_HOURS, SUM_EVENTS } from '../../src/audit/event-sums-table.ts'
import { statement } from '../../src/store/statement.ts'
import { createBrowser } from '../login/browser.ts'
import { suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { openTestDatabase } from '../support/database.ts'
import { openPlaceOf } from './people-of.ts'
import type { Place } from './people-of.ts'

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
const COUNT_SUMS = statement<[], { count: number }>('count_sums', 'select count(*)::int from auth.event_sums')

suite('the overview of the console', () => {
  const t = suiteCleanup()
  let app: TestApp
  let signedIn: Place<keyof typeof ROLES>['signedIn']
  before(async () => {
    ;({ app, signedIn } = await openPlaceOf(t, ROLES, { policy: POLICY }))
  })

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

test('the sums of five minutes each are what a count of the log gives, before and after they are made', async (t) => {
  const { database } = await openTestDatabase(t)
  await recordEvent(database, { type: 'sign_in', result: 'success', actor: null })
  const minutesAgo = [0, 7, 12, 70, 130, 131, 600, 1_370]
  for (const minutes of minutesAgo) await database.query(ADD_EVENT, 'sign_in', 'success', minutes, 'a')
  await database.query(ADD_EVENT, 'sign_in', 'failure', 600, 'a')
  // Within a transaction it is the same time for all.
  const [counted, summed, sums] = await database.transaction(async (tx) => {
    const before = await tx.query(READ_EVENT_HOURS)
    for (let rounds = 0; rounds < 5; rounds++) await tx.query(SUM_EVENTS)
    return [before, await tx.query(READ_EVENT_HOURS), await tx.query(COUNT_SUMS)]
  })
  assert.ok((sums[0]?.count ?? 0) >= 23 * 12 - 2)
  assert.deepEqual(summed, counted)
  assert.deepEqual(
    counted.map(({ hour }) => hour.getTime() % 3_600_000),
    Array.from({ length: 24 }, () => 0),
  )
  const sumOf = (kind: string): number => counted.reduce((sum, { counts }) => sum + (counts[kind] ?? 0), 0)
  assert.deepEqual([sumOf('sign_in success'), sumOf('sign_in failure')], [9, 1])
})

test('what has a sum is not counted again', async (t) => {
  const { database } = await openTestDatabase(t)
  const failures = async (): Promise<number> =>
    (await database.query(READ_EVENT_HOURS)).reduce((sum, { counts }) => sum + (counts['sign_in failure'] ?? 0), 0)
  for (let rounds = 0; rounds < 5; rounds++) await database.query(SUM_EVENTS)
  await database.query(ADD_EVENT, 'sign_in', 'failure', 30, 'a')
  assert.equal(await failures(), 0)
  await database.query(ADD_EVENT, 'sign_in', 'failure', 1, 'a')
  assert.equal(await failures(), 1)
})
