import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { recordChange } from '../../src/store/changes.ts'
import { statement } from '../../src/store/statement.ts'
import { writeRows } from '../audit/log-rows.ts'
import { createBrowser, openPortal } from '../login/browser.ts'
import type { Browser, Page } from '../login/browser.ts'
import { suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'

const API = '/.postern/api/v2/audit'
const PAST = 'until=2021-01-01'
const MANY = 1_234
const AGE = statement<[], { session_id: string }>(
  'age',
  `update auth.session_tokens set factors = jsonb_build_object('password', (factors ->> 'password')::bigint - 3600000)
   returning session_id`,
)
const LOOKS = statement<[], { event_type: string; actor_login: string; details: unknown }>(
  'looks',
  `select event_type, actor_login, details from auth.auth_audit_log where event_type like 'audit%' order by seq`,
)

interface Answer {
  readonly status: string
  readonly data: { readonly events: readonly Readonly<Record<string, unknown>>[]; readonly next: string | null }
  readonly errors: readonly { readonly code: string }[]
}

suite('the API of the audit log', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  let root: Browser
  before(async () => {
    app = await openPortal(cleanup, { env: { POSTERN_RATE_LIMITS: 'off' } })
    await app.addUser('alice')
    await app.addUser('root', { roles: ['postern-admin'] })
    root = createBrowser(app.portal)
    await root.signIn({ username: 'root' })
    const image = '<img src=x onerror=alert(1)>'
    await writeRows(app.database, [
      {
        at: '2020-01-01T00:00:00Z',
        type: 'sign_in',
        result: 'failure',
        login: 'mallory',
        address: '203.0.113.9',
        userAgent: image,
        details: { '=name': image },
      },
      ...Array.from({ length: MANY }, (_, n) => ({
        at: '2020-01-02T00:00:00Z',
        type: 'sign_out',
        result: 'success',
        requestId: `r${n}`,
      })),
    ])
  })
  const events = async (query: string): Promise<Answer['data']> => {
    const { status, text } = await root.get(`${API}/events?${query}`)
    assert.equal(status, 200, text)
    return (JSON.parse(text) as Answer).data
  }

  test('is for administrators alone, and asked from here alone', async () => {
    const browser = createBrowser(app.portal)
    for (const path of ['/events', '/export?format=csv']) {
      assert.equal((await browser.get(`${API}${path}`)).status, 401)
      const elsewhere = await root.get(`${API}${path}`, { headers: { 'sec-fetch-site': 'cross-site' } })
      assert.equal(codeOf(elsewhere), 'cross_site_request')
    }
    await browser.signIn()
    for (const path of ['/events', '/export?format=csv'])
      assert.equal(codeOf(await browser.get(`${API}${path}`)), 'forbidden')
  })

  test('gives what is asked for, page by page', async () => {
    const found = await events(`${PAST}&actor=Mallory&address=203.0.113.0/24&result=failure`)
    assert.deepEqual(
      found.events.map(({ actor_login: login, event_type: type }) => [login, type]),
      [['mallory', 'sign_in']],
    )
    assert.equal(found.next, null)
    const ids: unknown[] = []
    for (let query = `${PAST}&type=sign_out&limit=500`, next: string | null = ''; next !== null;) {
      const page = await events(next === '' ? query : `${query}&cursor=${next}`)
      ids.push(...page.events.map(({ request_id: id }) => id))
      next = page.next
    }
    assert.deepEqual(ids, Array.from({ length: MANY }, (_, n) => `r${n}`).toReversed())
  })

  test('refuses what can not be asked, a filter mistyped among it', async () => {
    for (const query of [
      'actr=alice',
      'limit=501',
      'limit=0',
      'limit=x',
      'cursor=x',
      'since=soon',
      'result=maybe',
      'address=10.0.0.1/8',
      'format=csv',
    ])
      assert.equal(codeOf(await root.get(`${API}/events?${query}`)), 'bad_request', query)
    for (const query of ['', '?format=xml', '?format=csv&limit=5', '?format=csv&actr=alice'])
      assert.equal(codeOf(await root.get(`${API}/export${query}`)), 'bad_request', query)
  })

  test('CSRF-11: markup in an event is text, whatever asks for it', async () => {
    for (const path of [`/events?${PAST}&actor=mallory`, `/export?${PAST}&actor=mallory&format=jsonl`]) {
      const { headers, text } = await root.get(`${API}${path}`)
      assert.match(headers['content-type'] ?? '', /^application\/(json|x-ndjson)/)
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.match(text, /<img src=x/)
    }
  })

  test('ADM-11: the export is a file in each format, the oldest first, and a formula in none', async () => {
    const csv = await root.get(`${API}/export?${PAST}&format=csv`)
    assert.match(csv.headers['content-disposition'] ?? '', /^attachment; filename="postern-audit\.csv"$/)
    const lines = csv.text.split('\r\n')
    assert.deepEqual([lines.length, lines.at(-1)], [MANY + 3, ''])
    assert.match(lines[1] ?? '', /sign_in,.*mallory/)
    const jsonl = await root.get(`${API}/export?${PAST}&format=jsonl&type=sign_out`)
    const ids = jsonl.text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { request_id: string }).request_id)
    assert.deepEqual(
      ids,
      Array.from({ length: MANY }, (_, n) => `r${n}`),
    )
    const syslog = await root.get(`${API}/export?${PAST}&format=syslog&actor=mallory`)
    assert.match(
      syslog.text,
      /^<84>1 2020-01-01T00:00:00\.000000Z app\.example\.com postern - sign_in \[postern@32473 .*\]/,
    )
  })

  test('who looked, and for what, is written down once', async () => {
    const before = (await app.database.query(LOOKS)).length
    const { next } = await events(`${PAST}&type=sign_out`)
    await events(`${PAST}&type=sign_out&cursor=${next}`)
    await root.get(`${API}/export?${PAST}&type=sign_in&format=csv`)
    assert.deepEqual((await app.database.query(LOOKS)).slice(before), [
      {
        event_type: 'audit_searched',
        actor_login: 'root',
        details: { filters: { type: 'sign_out', until: '2021-01-01' } },
      },
      {
        event_type: 'audit_exported',
        actor_login: 'root',
        details: { filters: { type: 'sign_in', until: '2021-01-01' }, format: 'csv' },
      },
    ])
  })

  test('whoever takes the log along proves who he is; looking needs none', async () => {
    await app.context.feed.commit(app.database, async (tx) => {
      for (const { session_id: session } of await tx.query(AGE)) await recordChange(tx, { session })
    })
    assert.equal(codeOf(await root.get(`${API}/export?format=csv`)), 'proof_needed')
    assert.equal((await root.get(`${API}/events`)).status, 200)
  })
})

function codeOf({ text }: Page): string | undefined {
  return (JSON.parse(text) as Answer).errors[0]?.code
}
