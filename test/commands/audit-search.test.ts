import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { showEvents } from '../../src/commands/audit-search.ts'
import { runOrder } from '../../src/commands/registry.ts'
import type { Database } from '../../src/store/database.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { statement } from '../../src/store/statement.ts'
import { writeRows } from '../audit/log-rows.ts'
import { openTestApp, suiteCleanup } from '../support/app.ts'
import { IS_LONG } from '../support/long.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { runPostern } from '../support/e2e.ts'
import type { CommandOutcome } from '../support/e2e.ts'
import { openEmbeddedPlace, openPostgresPlace } from './place.ts'
import type { Place } from './place.ts'

const LOOKS = statement<[], { event_type: string; details: Readonly<Record<string, unknown>> }>(
  'looks',
  `select event_type, details from auth.auth_audit_log where event_type like 'audit%' order by seq`,
)
const OLD = '2020-01-01T00:00:00Z'

/** process.test.ts goes both ways always. */
const KINDS = ['PostgreSQL', 'the embedded database of a running server'] as const

for (const kind of IS_LONG ? KINDS : KINDS.slice(0, 1)) {
  suite(`the audit log from a shell on ${kind}`, () => {
    const cleanup = suiteCleanup()
    let place: Place
    let folder: string
    before(async () => {
      place = await (kind === 'PostgreSQL' ? openPostgresPlace(cleanup) : openEmbeddedPlace(cleanup))
      folder = await temporaryDirectory(cleanup)
      for (const login of ['alice', 'bob']) await postern(['attempts', 'clear', '--login', login])
    })
    const postern = (words: readonly string[], input = ''): Promise<CommandOutcome> =>
      runPostern(place.env, words, input)

    test('search shows who did what in a table, and JSON for programs', async () => {
      const { exitCode, stdout, stderr } = await postern([
        'audit',
        'search',
        '--resource',
        'user:alice',
        '--since',
        '1h',
      ])
      assert.deepEqual([exitCode, stderr], [0, ''])
      assert.match(
        stdout,
        /^TIME \(UTC\) +WHO +WHAT +RESULT +FROM +DETAILS\n\d{4}-\d\d-\d\dT\S+ .*attempts_cleared user:alice +success/,
      )
      assert.ok(!stdout.includes('user:bob'))
      const json = await postern(['audit', 'search', '--type', 'attempts_cleared', '--limit', '1', '--json'])
      const events = JSON.parse(json.stdout) as { event_type: string; resource: string; details: object }[]
      assert.deepEqual(
        events.map(({ event_type: type, resource }) => [type, resource]),
        [['attempts_cleared', 'user:bob']],
      )
      assert.equal(typeof events[0]?.details, 'object')
      for (const words of [
        ['--until', OLD],
        ['--user', 'mallory'],
      ])
        assert.equal((await postern(['audit', 'search', ...words])).stdout, 'Nothing was written down that fits.\n')
    })

    test('what can not be asked ends with 2 and says how to', async () => {
      for (const words of [
        ['--since', 'yesterday'],
        ['--result', 'maybe'],
        ['--address', '10.0.0.1/8'],
        ['--limit', '0'],
        ['--limit', '10001'],
      ]) {
        const { exitCode, stdout, stderr } = await postern(['audit', 'search', ...words])
        assert.deepEqual([exitCode, stdout], [2, ''], words.join(' '))
        assert.match(stderr, /such as|success|--limit|is a/)
      }
      assert.equal((await postern(['audit', 'export', '--format', 'xml'])).exitCode, 2)
    })

    test('export writes a file for its owner alone, whole or not at all', async () => {
      const output = join(folder, 'log.csv')
      writeFileSync(output, 'the one before', { mode: 0o644 })
      const { exitCode, stdout, stderr } = await postern([
        'audit',
        'export',
        '--format',
        'csv',
        '--type',
        'attempts_cleared',
        '--output',
        output,
      ])
      assert.deepEqual([exitCode, stdout, stderr], [0, '', ''])
      const lines = readFileSync(output, 'utf8').split('\r\n')
      assert.match(lines[0] ?? '', /^seq,id,occurred_at,event_type,/)
      assert.deepEqual(
        [lines.length, lines[1]?.includes('user:alice'), lines[2]?.includes('user:bob')],
        [4, true, true],
      )
      assert.equal(statSync(output).mode & 0o777, 0o600)
      const directory = join(folder, 'a-directory')
      mkdirSync(directory)
      const refused = await postern(['audit', 'export', '--format', 'jsonl', '--output', directory])
      assert.equal(refused.exitCode, 1)
      assert.match(refused.stderr, /can't be written/)
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.endsWith('.part')),
        [],
      )
    })

    test('export goes to standard output too, the oldest first', async () => {
      const { stdout } = await postern(['audit', 'export', '--format', 'jsonl', '--type', 'attempts_cleared'])
      const events = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { resource: string })
      assert.deepEqual(
        events.map(({ resource }) => resource),
        ['user:alice', 'user:bob'],
      )
      const syslog = await postern(['audit', 'export', '--format', 'syslog', '--resource', 'user:bob'])
      assert.match(syslog.stdout, /^<86>1 \S+Z \S+ postern - attempts_cleared \[postern@32473 /)
    })
  })
}

suite('an export of more than a page', () => {
  const cleanup = suiteCleanup()
  let place: Place
  let database: Database
  before(async () => {
    place = await openPostgresPlace(cleanup)
    database = openPostgres({ url: place.env['POSTERN_DATABASE_URL'] ?? '' })
    cleanup.after(() => database.close())
    await writeRows(
      database,
      Array.from({ length: 1_234 }, (_, n) => ({ at: OLD, type: 'sign_in', result: 'success', requestId: `r${n}` })),
    )
  })

  test('has every event once, also where all are of one moment', async () => {
    const { stdout } = await runPostern(place.env, ['audit', 'export', '--format', 'jsonl', '--until', '2021-01-01'])
    const ids = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { request_id: string }).request_id)
    assert.deepEqual(
      ids,
      Array.from({ length: 1_234 }, (_, n) => `r${n}`),
    )
    const shown = await runPostern(place.env, ['audit', 'search', '--until', '2021-01-01', '--limit', '600', '--json'])
    assert.deepEqual(
      (JSON.parse(shown.stdout) as { request_id: string }[]).map(({ request_id: id }) => id),
      ids.toReversed().slice(0, 600),
    )
  })

  test('is written down once, with what was asked', async () => {
    const before = (await database.query(LOOKS)).length
    await runPostern(place.env, ['audit', 'export', '--format', 'jsonl', '--until', '2021-01-01'])
    const {
      event_type: type,
      details: { filters, format },
    } = (await database.query(LOOKS)).at(-1) ?? assert.fail()
    assert.deepEqual([type, filters, format], ['audit_exported', { until: '2021-01-01T00:00:00Z' }, 'jsonl'])
    assert.equal((await database.query(LOOKS)).length, before + 1)
  })
})

test('LOG-01: what an event holds can neither begin a line of the table nor colour the terminal', () => {
  const event = {
    seq: '1',
    id: 'x',
    occurred_at: '2026-11-23T12:00:00.000000Z',
    event_type: 'sign_in',
    action: null,
    resource: 'user:a\r\n2026',
    result: 'failure',
    actor_id: null,
    actor_login: null,
    session_id: null,
    ip_address: null,
    user_agent: '',
    request_id: null,
    risk_score: null,
    details: JSON.stringify({ name: '\u001b[31m\u2028\u009b', long: 'x'.repeat(99) }),
  }
  const lines = showEvents([event]).split('\n')
  assert.equal(lines.length, 2)
  assert.doesNotMatch(lines[1] ?? '', /[\p{Cc}\p{Zl}\p{Zp}]/u)
  assert.ok(lines[1]?.endsWith('x'.repeat(99)), 'details are told whole')
})

test('a page is bounded whoever orders it, and no cursor but ours is taken', async (t) => {
  const { context } = await openTestApp(t)
  for (const given of [{ limit: 501 }, { limit: 0 }, { limit: '5' }, { cursor: 'x' }, { actor: 7 }]) {
    const reply = await runOrder(context, { command: 'audit search', given })
    assert.equal('exitCode' in reply && reply.exitCode, 2, JSON.stringify(given))
  }
})
