import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { recordEvent } from '../../src/audit/events.ts'
import { statement } from '../../src/store/statement.ts'
import { visit } from '../account/factor-visitor.ts'
import { createBrowser, hidden, openPortal } from '../login/browser.ts'
import type { Browser, Page } from '../login/browser.ts'
import { ORIGIN, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'

const ADMIN = '/.postern/admin'
const MARKUP = '<img src=x onerror=alert(1)>'
const LATEST = statement<[type: string], { actor_login: string; resource: string; details: { filters: object } }>(
  'latest_for_test',
  'select actor_login, resource, details from auth.auth_audit_log where event_type = $1 order by seq desc limit 1',
)
const ADD_EVENTS = statement<[count: number]>(
  'add_events_for_test',
  `insert into auth.auth_audit_log (event_type, result, occurred_at, actor_login, details)
   select 'sign_out', 'success', now() - i * interval '1 second', '=cmd()', '{"reason": "many"}' from generate_series(1, $1) i`,
)
const ADD_REFUSALS = statement<[count: number, path: string]>(
  'add_refusals_for_test',
  `insert into auth.decisions (id, decided_at, last_at, kind, reason, sampled, policy_version, app, rule, method, scheme, host, path, login)
   select lpad(to_hex(i), 12, '0'), now() - i * interval '1 second', now() - i * interval '1 second', 'forbid', 'missing_role', false, 1,
     'app', 3, 'GET', 'https', 'app.example.com', $2, 'mallory'
   from generate_series(1, $1) i`,
)
const FIELDS = {
  actor: '',
  type: '',
  app: '',
  resource: '',
  result: '',
  address: '',
  request_id: '',
  since: '',
  until: '',
}

suite('the record in the console', () => {
  const t = suiteCleanup()
  let app: TestApp
  let root: Browser
  before(async () => {
    app = await openPortal(t, { env: { POSTERN_RATE_LIMITS: 'off' } })
    await app.addUser('root', { roles: ['postern-admin'] })
    root = createBrowser(app.portal)
    await root.signIn({ username: 'root' })
    await app.database.query(ADD_EVENTS, 120)
    await app.database.query(ADD_REFUSALS, 60, `/${MARKUP}`)
  })

  const download = async (browser: Browser, fields: Readonly<Record<string, string>>): Promise<Page> => {
    const csrf = hidden(await browser.get(`${ADMIN}/audit`), 'csrf')
    return browser.post(`${ADMIN}/audit/export`, { body: { csrf, ...FIELDS, ...fields } })
  }

  test('is searched page by page, and that somebody did is written down once', async () => {
    const first = await root.get(`${ADMIN}/audit?type=sign_out`)
    assert.equal([...first.text.matchAll(/audit\/events\//g)].length, 50)
    const [event] = await app.database.query(LATEST, 'audit_searched')
    assert.deepEqual(
      [event?.actor_login, event?.resource, event?.details.filters],
      ['root', 'audit', { type: 'sign_out' }],
    )
    const next = /rel="next" href="([^"]+)"/.exec(first.text)?.[1]?.replaceAll('&#38;', '&') ?? ''
    const second = await root.get(next)
    assert.equal([...second.text.matchAll(/audit\/events\//g)].length, 50)
    const ids = (page: Page): string[] => [...page.text.matchAll(/audit\/events\/([\w-]+)/g)].map(([, id = '']) => id)
    assert.equal(new Set([...ids(first), ...ids(second)]).size, 100)
    const searches = (await root.get(`${ADMIN}/audit?type=audit_searched`)).text
    assert.equal([...searches.matchAll(/audit\/events\//g)].length, 1)
  })

  test('ADM-07: what can’t be looked for is told, and cursors that are none of ours are refused', async () => {
    for (const query of ['since=yesterday', 'address=x', 'until=9999']) {
      const { status, text } = await root.get(`${ADMIN}/audit?${query}`)
      assert.deepEqual([status, text.includes('can’t be read')], [400, true], query)
    }
    const forged = Buffer.from("2026-01-01T00:00:00.000000Z 1' or 1=1").toString('base64url')
    for (const after of ['x', '-1', forged]) assert.equal((await root.get(`${ADMIN}/audit?after=${after}`)).status, 400)
    for (const place of ['x', forged]) assert.equal((await root.get(`${ADMIN}/audit/events/${place}`)).status, 404)
    assert.equal((await root.get(`${ADMIN}/decisions?after=x`)).status, 400)
    assert.equal((await root.get(`${ADMIN}/decisions?since=x`)).status, 400)
    assert.equal((await root.get(`${ADMIN}/decisions/nothing`)).status, 404)
  })

  test('CSRF-11: one event shows all that was written down of it, as text', async () => {
    const details = { reason: MARKUP }
    await recordEvent(app.database, {
      type: 'session_moved',
      result: 'failure',
      actor: null,
      resource: `user:${MARKUP}`,
      userAgent: MARKUP,
      address: '192.0.2.9',
      requestId: 'req-1',
      riskScore: 41,
      details,
    })
    const list = await root.get(`${ADMIN}/audit?type=session_moved`)
    const href = /href="([^"]+audit\/events\/[^"]+)"/.exec(list.text)?.[1] ?? ''
    const { text } = await root.get(href)
    for (const page of [list.text, text]) assert.ok(!page.includes(MARKUP))
    for (const said of ['192.0.2.9', 'req-1', '41', 'session_moved', '&#60;img src=x onerror=alert(1)&#62;'])
      assert.ok(text.includes(said), said)
  })

  test('is exported in each format after a fresh proof, as it was searched, and that is written down', async () => {
    const csv = await download(root, { type: 'sign_out', format: 'csv' })
    assert.equal(csv.status, 200)
    assert.equal(csv.text.trim().split('\r\n').length, 121)
    assert.match(csv.headers['content-disposition'] ?? '', /^attachment; filename="postern-audit\.csv"$/)
    assert.doesNotMatch(csv.text, /,=cmd/, 'ADM-11')
    const lines = (await download(root, { type: 'sign_out', format: 'jsonl' })).text.trim().split('\n')
    assert.deepEqual(
      [lines.length, (JSON.parse(lines[0] ?? '') as { event_type: string }).event_type],
      [120, 'sign_out'],
    )
    assert.match((await download(root, { type: 'sign_out', format: 'syslog' })).text, /^<\d+>1 .* app\.example\.com /)
    const [event] = await app.database.query(LATEST, 'audit_exported')
    assert.deepEqual([event?.actor_login, event?.details.filters], ['root', { type: 'sign_out' }])
    assert.equal((await download(root, { format: 'exe' })).status, 400)
    assert.equal((await download(root, { format: 'csv', csrf: 'x' })).status, 403)
    const { token } = await visit(app, 'root', { password: Date.now() - 3_600_000 })
    const stale = createBrowser(app.portal)
    stale.jar.store(new URL(ORIGIN), [`__Host-postern=${token}; Path=/; Secure; HttpOnly`])
    const asked = await download(stale, { type: 'sign_out', format: 'csv' })
    assert.deepEqual([asked.status, asked.headers['location']?.endsWith('prove=again')], [303, true])
  })

  test('tells refusals with reasons, page by page, and each by its number', async () => {
    const { text } = await root.get(`${ADMIN}/decisions?user=mallory`)
    assert.ok(!text.includes(MARKUP))
    assert.match(text, /the visitor lacks the role or permission that is asked for/)
    const next = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&#38;', '&') ?? ''
    assert.equal([...(await root.get(next)).text.matchAll(/decisions\/[0-9a-f]{12}/g)].length, 10)
    const one = await root.get(`${ADMIN}/decisions/000000000001`)
    assert.match(one.text, /policy\/explain\?url=/)
    assert.ok(!one.text.includes(MARKUP))
    const [event] = await app.database.query(LATEST, 'audit_searched')
    assert.deepEqual([event?.resource, event?.details.filters], ['decisions', { user: 'mallory', since: '24h' }])
  })
})
