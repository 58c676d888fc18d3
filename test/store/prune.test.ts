import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PRUNE_ONE_TIME_TOKENS } from '../../src/credentials/one-time-tokens-table.ts'
import { PRUNE_SIGN_INS } from '../../src/sessions/sessions-table.ts'
import { PRUNE_CHANGES } from '../../src/store/changes-table.ts'
import type { Database } from '../../src/store/database.ts'
import { prune } from '../../src/store/prune.ts'
import type { Prunable } from '../../src/store/prune.ts'
import { PRUNE_BATCH, TRY_PRUNE_LOCK } from '../../src/store/prune-table.ts'
import type { PruneStatement } from '../../src/store/prune-table.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const PRUNABLES: readonly Prunable[] = [
  { what: 'changes', statement: PRUNE_CHANGES, keptMs: HOUR_MS },
  { what: 'sign-ins', statement: PRUNE_SIGN_INS, keptMs: DAY_MS },
  { what: 'one-time tokens', statement: PRUNE_ONE_TIME_TOKENS, keptMs: DAY_MS },
]
const GOING = new AbortController().signal

const FILL = (rows: number): string => `
  insert into auth.users (login, email, name) values ('a', 'a@example.com', 'A');
  insert into auth.changes (kind, created_at)
    select 'policy', now() - i * interval '5 seconds' from generate_series(1, ${rows}) i;
  insert into auth.sessions (user_id, session_epoch, factors, idle_timeout, expires_at, ended_at, end_reason)
    select id, 0, '{}', '8 hours', now() + interval '1 day' - i * interval '2 minutes',
      case when i % 2 = 0 then now() - i * interval '2 minutes' end, case when i % 2 = 0 then 'revoked' end
    from auth.users, generate_series(1, ${rows}) i;
  insert into auth.session_tokens (token_hash, session_id, factors)
    select sha256(id::text::bytea), id, '{}' from auth.sessions;
  insert into auth.one_time_tokens (token_hash, purpose, expires_at, used_at)
    select sha256(i::text::bytea), 'test', now() + interval '1 day' - i * interval '2 minutes',
      case when i % 2 = 0 then now() - i * interval '2 minutes' end
    from generate_series(1, ${rows}) i;`

const OVERDUE = statement<[], Record<string, number>>(
  'overdue',
  `select
     (select count(*) from auth.changes where created_at < now() - interval '1 hour')::int as changes,
     (select count(*) from auth.sessions where least(ended_at, expires_at) < now() - interval '1 day')::int as "sign-ins",
     (select count(*) from auth.one_time_tokens where least(used_at, expires_at) < now() - interval '1 day')::int
       as "one-time tokens"`,
)
const LEFT = statement<[], Record<string, number>>(
  'left',
  `select (select count(*) from auth.changes)::int as changes, (select count(*) from auth.sessions)::int as "sign-ins",
     (select count(*) from auth.session_tokens)::int as tokens,
     (select count(*) from auth.one_time_tokens)::int as "one-time tokens"`,
)

test('what is over is removed, all of it and nothing else', async (t) => {
  const { database } = await openTestDatabase(t)
  await fill(database, 3_000)
  await removesAllOverdue(database)
})

test('the embedded database is pruned alike', async (t) => {
  const database = await openTestEmbedded(t)
  await fill(database, 3_000)
  await removesAllOverdue(database)
})

test('whoever finds another process at it leaves it alone', async (t) => {
  const { database } = await openTestDatabase(t)
  await fill(database, 3_000)
  await database.transaction(async (tx) => {
    assert.deepEqual(await tx.query(TRY_PRUNE_LOCK), [{ held: true }])
    assert.deepEqual(await prune(database, PRUNABLES, GOING), {})
  })
})

test('a stop ends it after the batch under way', async (t) => {
  const { database } = await openTestDatabase(t)
  await fill(database, 3_000)
  const ending = new AbortController()
  const pruning = prune(database, PRUNABLES, ending.signal)
  ending.abort()
  assert.deepEqual(await pruning, { changes: PRUNE_BATCH })
})

test('no table is read whole to find what is over, whatever the planner knows', async (t) => {
  const { database } = await openTestDatabase(t)
  await fill(database, 50_000)
  for (const { what, statement: pruning, keptMs } of PRUNABLES) {
    for (const mode of ['force_custom_plan', 'force_generic_plan']) {
      const plan = await planOf(database, pruning, keptMs, mode)
      assert.doesNotMatch(plan, /Seq Scan/, `${what}, ${mode}:\n${plan}`)
      assert.match(plan, /Index Scan/)
    }
  }
})

async function fill(database: Database, rows: number): Promise<void> {
  await database.withConnection((connection) => connection.script(`${FILL(rows)} analyze`))
}

async function removesAllOverdue(database: Database): Promise<void> {
  const [overdue = {}] = await database.query(OVERDUE)
  const [before = {}] = await database.query(LEFT)
  assert.ok(Object.values(overdue).every((count) => count > PRUNE_BATCH))
  const removed = await prune(database, PRUNABLES, GOING)
  // Some rows come of age while the others go.
  for (const [what, count] of Object.entries(overdue)) assert.ok(Math.abs((removed[what] ?? 0) - count) <= 10, what)
  const [after = {}] = await database.query(LEFT)
  for (const what of Object.keys(removed)) assert.equal(after[what], (before[what] ?? 0) - (removed[what] ?? 0), what)
  assert.equal(after['tokens'], after['sign-ins'])
  assert.deepEqual(await prune(database, PRUNABLES, AbortSignal.abort()), {})
}

/** As it is planned for a prepared statement, with the statement that removes and the look-ups that it needs. */
async function planOf(database: Database, pruning: PruneStatement, keptMs: number, mode: string): Promise<string> {
  return database.withConnection(async (connection) => {
    await connection.script(`set plan_cache_mode = ${mode}; prepare pruning (float8) as ${pruning.text}`)
    const rows = await connection.query(
      statement<[], Record<string, string>>('explain_pruning', `explain execute pruning (${keptMs})`),
    )
    await connection.script('deallocate pruning; reset plan_cache_mode')
    return rows.map((row) => Object.values(row).join()).join('\n')
  })
}
