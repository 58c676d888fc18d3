import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { listRefusals } from '../../src/audit/read-decisions.ts'
import type { ShownRefusal } from '../../src/commands/decisions.ts'
import { runOrder } from '../../src/commands/registry.ts'
import type { Context } from '../../src/parts/context.ts'
import type { Queryable } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { suiteCleanup } from '../support/app.ts'
import { openTestDatabase } from '../support/database.ts'
import { runPostern } from '../support/e2e.ts'
import { until } from '../support/until.ts'
import { openListener } from '../verify/ask.ts'
import { openEmbeddedPlace, openPostgresPlace } from './place.ts'
import type { Place } from './place.ts'
import { IS_LONG } from '../support/long.ts'

const EVENTS = statement<[], { resource: string; filters: string }>(
  'events',
  `select resource, details->>'filters' as filters from auth.auth_audit_log where event_type = 'audit_searched'`,
)
const FILL = statement<[count: number]>(
  'fill',
  `insert into auth.decisions (id, decided_at, last_at, kind, reason, sampled, policy_version, app, login, method, host, path)
   select 'f' || lpad(to_hex(n), 11, '0'), now() - n * interval '1 second', now() - n * interval '1 second', 'forbid',
     'no_rule', false, 1, 'wiki', 'user' || n % 1000, 'GET', 'wiki.example.com', '/' || n from generate_series(1, $1) n`,
)

async function told(context: Context, command: string, given: object): Promise<string> {
  const reply = await runOrder(context, { command, given: { ...given } })
  return 'result' in reply ? reply.result.text : `refused: ${reply.refusal}`
}

test('who was refused what, and who used what how often, is listed for a person, an app or a time', async (t) => {
  const { context, database, ask, alice, bob } = await openListener(t)
  const refused = await ask({ uri: '/admin/x', token: alice })
  for (let times = 0; times < 3; times++) await ask({ uri: '/admin/x', token: bob })
  await ask({ uri: '/old/x' })
  await context.decisions.end()
  const all = await told(context, 'audit decisions', {})
  assert.match(all, /^TIME \(UTC\) +NUMBER +TIMES +WHO +FROM +BY +WHAT +WHY\n/)
  assert.match(
    all,
    /\n\S+ +[0-9a-f]{12} +1 +203\.0\.113\.7 +app rule 6 +GET app\.example\.com\/old\/x +the rule denies/,
  )
  const ofAlice = await told(context, 'audit decisions', { user: 'Alice', app: 'app', since: '1h' })
  assert.match(ofAlice, new RegExp(`\\n\\S+ +${refused.header('x-postern-decision')} +1 +alice .* the visitor lacks`))
  assert.equal(ofAlice.split('\n').length, 2)
  assert.equal(await told(context, 'audit decisions', { user: 'bob' }), 'Nothing was refused that fits.')
  const sums = await told(context, 'audit decisions sums', { app: 'app' })
  assert.match(sums, /^WHO +APP +DECISION +COUNT +FIRST HOUR +LAST HOUR\nbob +app +allow +3 /)
  assert.match(sums, /\n\(nobody\) +app +forbid +1 /)
  assert.match(await told(context, 'audit decisions sums', { user: 'alice' }), /\nalice +app +forbid +1 [^\n]*$/)
  assert.equal(await told(context, 'audit decisions sums', { app: 'wide' }), 'Nothing was counted that fits.')
  const looks = await database.query(EVENTS)
  assert.equal(looks.length, 6)
  assert.ok(looks.some(({ filters }) => filters.includes('"user": "Alice"')))
})

test('what can not be meant is refused', async (t) => {
  const { context } = await openListener(t)
  for (const [given, said] of [
    [{ since: 'yesterday' }, /^refused: --since takes/],
    [{ cursor: 'x' }, /^refused: The place/],
    [{ limit: 501 }, /^refused: A page has/],
    [{ limit: 0 }, /^refused: A page has/],
  ] as const)
    assert.match(await told(context, 'audit decisions', given), said)
})

test('of 100,000 refusals those of one person come page by page, once each', async (t) => {
  const { database } = await openTestDatabase(t)
  await database.query(FILL, 100_000)
  const question = { since: new Date(0), login: 'user7', app: 'wiki' }
  const found: string[] = []
  for (let page = await pageAfter(database, question, null); page.length > 0;) {
    found.push(...page.map(({ id }) => id))
    const last = page.at(-1)
    page = last === undefined ? [] : await pageAfter(database, question, { at: last.decidedAt, id: last.id })
  }
  assert.deepEqual([found.length, new Set(found).size], [100, 100])
  assert.deepEqual(found, found.toSorted())
})

/** process.test.ts goes both ways always. */
const KINDS = ['PostgreSQL', 'the embedded database of a running server'] as const

for (const kind of IS_LONG ? KINDS : KINDS.slice(0, 1)) {
  suite(`postern audit decisions on ${kind}`, () => {
    const cleanup = suiteCleanup()
    let place: Place
    before(async () => {
      place = await (kind === 'PostgreSQL' ? openPostgresPlace(cleanup) : openEmbeddedPlace(cleanup))
    })

    test('prints for people and for programs', async () => {
      const postern = (...words: string[]) => runPostern(place.env, ['audit', 'decisions', ...words])
      const none = await postern('--actor', 'alice', '--app', 'wiki', '--since', '1h')
      assert.deepEqual(none, { exitCode: 0, stdout: 'Nothing was refused that fits.\n', stderr: '' })
      const sums = await postern('--sums')
      assert.deepEqual(sums, { exitCode: 0, stdout: 'Nothing was counted that fits.\n', stderr: '' })
      const wrong = await postern('--limit', '0')
      assert.deepEqual([wrong.exitCode, wrong.stdout], [2, ''])
    })
  })
}

test('the server tells its refusals through the control socket, in more than one page', async (t) => {
  const place = await openEmbeddedPlace(t)
  const address = place.env['POSTERN_VERIFY_LISTEN'] ?? ''
  const paths = Array.from({ length: 620 }, (_, at) => `/old/${at}`)
  for (const [at, path] of paths.entries()) {
    const headers = {
      'x-original-method': 'GET',
      'x-original-proto': 'https',
      'x-original-host': 'app.example.com',
      'x-original-uri': path,
      'x-real-ip': `203.0.${at % 100}.7`,
    }
    const answer = await fetch(`http://${address}/verify/nginx/app/app`, { headers })
    assert.equal(answer.status, 403)
  }
  const shown = await until('all of them are written', 10_000, async () => {
    const { stdout } = await runPostern(place.env, ['audit', 'decisions', '--limit', '1000', '--json'])
    const written = JSON.parse(stdout) as ShownRefusal[]
    return written.length === paths.length && written
  })
  assert.deepEqual(new Set(shown.map(({ path }) => path)), new Set(paths))
})

type Question = Parameters<typeof listRefusals>[1]
type Ended = Parameters<typeof listRefusals>[2]['after']

function pageAfter(database: Queryable, question: Question, after: Ended): ReturnType<typeof listRefusals> {
  return listRefusals(database, question, { after, limit: 30 })
}
