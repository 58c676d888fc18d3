import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from '../../src/observe/log.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import { watchStatements } from '../../src/observe/slow-statements.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { statement } from '../../src/store/statement.ts'
import { openEmptyDatabase } from '../support/database.ts'

function open(slowMs: number) {
  const clock = { ms: 0 }
  const lines: string[] = []
  const metrics = createMetrics()
  const log = createLog('trace', { write: (line) => void lines.push(line) })
  const watch = watchStatements({ metrics, log, slowMs, now: () => clock.ms })
  return { clock, lines, metrics, watch }
}

test('a slow statement is told once a minute by its name and how long it took, and counted each time', async () => {
  const { clock, lines, metrics, watch } = open(500)
  watch('quick', 499.9, null)
  for (const ms of [600.4, 700]) watch('find_user', ms, null)
  watch('other', 501, 'timeout')
  clock.ms = 60_000
  watch('find_user', 800, null)
  const told = lines.map((line) => JSON.parse(line) as { level: string; statement: string; ms: number })
  assert.deepEqual(
    told.map(({ level, statement: label, ms }) => [level, label, ms]),
    [
      ['warn', 'find_user', 600],
      ['warn', 'other', 501],
      ['warn', 'find_user', 800],
    ],
  )
  const text = await metrics.expose()
  assert.match(text, /^postern_slow_statements_total\{statement="find_user"\} 3$/m)
  assert.match(text, /^postern_statement_errors_total\{statement="other",reason="timeout"\} 1$/m)
  assert.match(text, /^postern_statement_duration_seconds_count\{statement="quick"\} 1$/m)
})

test('with 0 nothing is slow, and all is still counted', async () => {
  const { lines, metrics, watch } = open(0)
  watch('find_user', 60_000, null)
  assert.deepEqual(lines, [])
  assert.match(await metrics.expose(), /^postern_statement_duration_seconds_count\{statement="find_user"\} 1$/m)
})

test('LOG-02: no value of a slow or failed statement is in a log line or a metric', async (t) => {
  const { lines, metrics, watch } = open(1)
  const { url } = await openEmptyDatabase(t)
  const database = openPostgres({ url, onStatement: watch })
  t.after(() => database.close())
  const planted = 'planted-value-of-a-statement'
  const nap = statement<[value: string], { nap: string }>('nap', 'select $1 || pg_sleep(0.02)::text as nap')
  const cast = statement<[value: string]>('cast', 'select pg_sleep(0.02), (random()::text || $1::text)::int')
  await database.query(nap, planted)
  await assert.rejects(database.query(cast, planted))
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { statement: string }).statement),
    ['nap', 'cast'],
  )
  const all = lines.join('') + (await metrics.expose())
  assert.equal(all.includes(planted), false)
  assert.match(all, /^postern_statement_errors_total\{statement="cast",reason="value"\} 1$/m)
})
