import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { migrate } from '../../src/store/migrate.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { statement } from '../../src/store/statement.ts'
import { usedMemory } from '../support/memory.ts'
import { administer, MIGRATIONS, startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { ALICE, ALLOW, openDecisions, original } from './facts.ts'
import type { OpenedDecisions } from './facts.ts'

const TOTALS = statement<[], { times: number; sums: number }>(
  'totals',
  `select (select coalesce(sum(times), 0)::int from auth.decisions where not sampled) as times,
    (select coalesce(sum(count), 0)::int from auth.decision_sums where kind = 'allow') as sums`,
)
const MB = 1_000_000
const LONG = 'x'.repeat(480)

suite('decisions under pressure', async () => {
  const server = await startPostgres()
  after(() => server.close())
  await administer(server.urlPrefix, 'create database pressure template template0')
  const database = openPostgres({ url: `${server.urlPrefix}pressure` })
  after(() => database.close())
  await migrate(database, MIGRATIONS)

  test('DOS-07: while PostgreSQL is away for ten minutes everything is kept or counted, in bounded memory', async () => {
    const opened = openDecisions(database)
    const { decisions, dropped, clock, forbid } = opened
    forbid('/before')
    decisions.passed(ALLOW, original())
    await decisions.end()
    await server.stop()
    const before = usedMemory()
    let [refused, allowed] = [1, 1]
    for (let second = 0; second < 600; second++) {
      for (let at = 0; at < 30; at++) {
        const path = at < 10 ? `/asked/often/${at}` : `/${LONG}/${second}/${at}`
        forbid(path, `10.${second % 250}.${at}.1`)
        decisions.passed({ ...ALLOW, principal: { ...ALICE, userId: userId(at * 600 + second) } }, original())
        refused++
        allowed++
      }
      clock.now += 1_000
      clock.wall += 1_000
      if (second % 60 === 0) await assert.rejects(decisions.end(), { code: 'store_unavailable' })
    }
    const held = usedMemory() - before
    assert.ok(held < 40 * MB, `${held / MB} MB`)
    await server.start()
    await until('PostgreSQL takes what was kept', 10_000, () =>
      decisions.end().then(
        () => true,
        () => false,
      ),
    )
    const [totals] = await database.query(TOTALS)
    const { memory = 0, network = 0, sums = 0, ...others } = dropped
    assert.deepEqual(others, {})
    assert.ok(memory > 0, 'more was refused than there is memory for')
    assert.equal((totals?.times ?? 0) + memory + network, refused)
    assert.equal((totals?.sums ?? 0) + sums, allowed)
  })
})

test('DOS-07: a flood from 100,000 networks stays in bounded memory, and all of it is counted', async () => {
  await flood((at) => ['/', `${1 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}.1`])
})

test('DOS-07: a flood of 100,000 IPv6 networks with long paths too', async () => {
  await flood((at) => [`/${LONG}/${at}`, `2001:db8:${(at >> 16).toString(16)}:${(at & 65_535).toString(16)}::1`])
})

test('DOS-07: one network that asks for 100,000 paths has 120 rows a minute, and all of the rest is counted', async () => {
  const { rows } = await flood((at) => [`/${LONG}/${at}`, '203.0.113.7'])
  assert.equal(rows, 120)
})

/** Notes 100,000 in what is one minute, with a flush after each 1,000. */
async function flood(way: (at: number) => [target: string, address: string]): Promise<{ rows: number }> {
  const written = new Map<string, number>()
  const opened = openDecisions({
    async query({ label }, ...params) {
      if (label !== 'write_decisions') return []
      for (const { id, times } of JSON.parse(String(params[0])) as { id: string; times: number }[])
        written.set(id, times)
      return []
    },
  })
  const before = usedMemory()
  for (let at = 0; at < 100_000; at++) {
    opened.forbid(...way(at))
    if (at % 1_000 === 0) await opened.decisions.flush()
  }
  const held = usedMemory() - before
  assert.ok(held < 25 * MB, `${held / MB} MB`)
  await opened.decisions.end()
  assert.equal(total(written) + lost(opened), 100_000)
  assert.ok(written.size <= 5_000, `${written.size} rows`)
  assert.equal(opened.lines.length, written.size)
  return { rows: written.size }
}

function total(written: ReadonlyMap<string, number>): number {
  return [...written.values()].reduce((sum, times) => sum + times, 0)
}

function lost({ dropped }: OpenedDecisions): number {
  return Object.values(dropped).reduce((sum, count) => sum + count, 0)
}

function userId(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`
}
