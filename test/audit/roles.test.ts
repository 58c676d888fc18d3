import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { recordEvent } from '../../src/audit/events.ts'
import { dropPartitions, makePartitions } from '../../src/audit/partitions.ts'
import { sealBatch } from '../../src/audit/seal.ts'
import type { Connection, Database } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { statement } from '../../src/store/statement.ts'
import type { Statement } from '../../src/store/statement.ts'
import { SECRET_KEY } from '../support/app.ts'
import { openEmptyDatabase, openTestDatabase } from '../support/database.ts'
import { runPostern } from '../support/e2e.ts'
import { MIGRATIONS } from '../support/postgres.ts'
import { SIGNER, verifyLog } from './chain-fixture.ts'

const ROOT = join(import.meta.dirname, '../..')
const ROLES = readFileSync(join(ROOT, 'config/sql/roles.sql'), 'utf8')
/** Migrations run as the owner. */
const OF_OWNER = 'store/migrations-table.ts'
const REFUSED = [
  'update auth.auth_audit_log set result = result',
  'delete from auth.auth_audit_log',
  'truncate auth.auth_audit_log',
  'drop table auth.auth_audit_log',
  'alter table auth.auth_audit_log disable trigger all',
  `alter table auth.auth_audit_log detach partition auth.auth_audit_log_default`,
  'drop table auth.auth_audit_log_default',
  'delete from auth.auth_audit_log_default',
  'truncate auth.auth_audit_log_default',
  `insert into auth.auth_audit_log_default (occurred_at, seq, event_type, result) values ('2001-01-01', 1, 'sign_in', 'success')`,
  `insert into auth.auth_audit_log (occurred_at, event_type, result) values ('2001-01-01', 'sign_in', 'success')`,
  `insert into auth.auth_audit_log (seq, event_type, result) overriding system value values (1, 'sign_in', 'success')`,
  'update auth.audit_batches set count = count',
  'delete from auth.audit_batches',
  'truncate auth.audit_batches cascade',
  'delete from auth.audit_row_hashes',
  'update auth.audit_heads set day = day',
  'delete from auth.audit_heads',
  'delete from auth.audit_removals',
  'update postern.migrations set id = id',
  `set session_replication_role = replica`,
  'create table auth.mine ()',
  'create table public.mine ()',
]

/** Asked once for each way a database comes to its roles. */
const WAYS: Readonly<Record<string, (t: TestContext) => Promise<{ url: string; owner: string }>>> = {
  async 'before the first migration'(t) {
    const { database, url } = await openEmptyDatabase(t)
    await script(database, ROLES)
    const owner = openPostgres({ url: asRole(url, 'postern_owner') })
    t.after(() => owner.close())
    await migrate(owner, MIGRATIONS)
    await makePartitions(owner)
    await script(database, ROLES)
    return { url, owner: asRole(url, 'postern_owner') }
  },
  async 'on a database that is in use'(t) {
    const { database, url } = await openTestDatabase(t)
    await makePartitions(database)
    await script(database, ROLES)
    return { url, owner: asRole(url, 'postern_owner') }
  },
}

for (const [way, prepare] of Object.entries(WAYS)) {
  suite(`roles made ${way}`, () => {
    test('LOG-04 the program can neither change nor remove what was written down', async (t) => {
      const app = await openAsProgram(t, (await prepare(t)).url)
      await recordEvent(app, { type: 'sign_in', result: 'success', actor: null })
      await sealBatch(app, SIGNER)
      for (const sql of REFUSED) await assert.rejects(script(app, sql), { code: '42501' }, sql)
      const { ok, rows } = await verifyLog(app)
      assert.deepEqual({ ok, rows }, { ok: true, rows: 1 })
    })

    test('the program may run every statement of its own', async (t) => {
      const app = await openAsProgram(t, (await prepare(t)).url)
      for (const { where, ...each } of await findStatements())
        await assert.doesNotReject(
          app.withConnection((connection) => explain(connection, each)),
          where,
        )
    })

    test('the program seals, makes months and removes old ones', async (t) => {
      const { url } = await prepare(t)
      const app = await openAsProgram(t, url)
      const admin = openPostgres({ url })
      t.after(() => admin.close())
      await script(
        admin,
        `insert into auth.auth_audit_log (occurred_at, event_type, result) values ('2024-03-03', 'sign_in', 'success')`,
      )
      assert.equal(await makePartitions(app), 1)
      await assert.rejects(script(app, 'delete from auth.auth_audit_log_2024_03'), { code: '42501' })
      await sealBatch(app, SIGNER)
      const removal = await dropPartitions(app, SIGNER, 400)
      assert.deepEqual(removal?.partitions, ['auth_audit_log_2024_03'])
      const { ok, removed } = await verifyLog(app)
      assert.deepEqual({ ok, removed }, { ok: true, removed: 1 })
    })
  })
}

test('postern migrate runs as the owner, all else as the program, and a role without rights is told what to do', async (t) => {
  const { database, url } = await openEmptyDatabase(t)
  await script(database, ROLES)
  const run = (role: string, ...words: string[]) =>
    runPostern({ POSTERN_DATABASE_URL: asRole(url, role), POSTERN_SECRET_KEY: SECRET_KEY }, words)
  assert.equal((await run('postern_owner', 'migrate')).exitCode, 0)
  assert.equal((await run('postern', 'attempts', 'clear', '--all')).exitCode, 0)
  const verified = await run('postern', 'audit', 'verify', '--json')
  assert.equal(verified.exitCode, 0, verified.stderr)
  assert.ok((JSON.parse(verified.stdout) as { rows: number }).rows > 0)
  await script(database, 'revoke usage on schema postern from postern')
  const refused = await run('postern', 'user', 'list')
  assert.equal(refused.exitCode, 1)
  assert.match(refused.stderr, /config\/sql\/roles\.sql/)
})

function asRole(url: string, role: string): string {
  return url.replace('postgresql://postgres@', `postgresql://${role}@`)
}

async function openAsProgram(t: TestContext, url: string): Promise<Database> {
  const database = openPostgres({ url: asRole(url, 'postern') })
  t.after(() => database.close())
  return database
}

async function script(database: Database, sql: string): Promise<void> {
  await database.withConnection((connection) => connection.script(sql))
}

const PARAMETERS = statement<[name: string], { count: number }>(
  'parameters',
  `select cardinality(parameter_types) as count from pg_prepared_statements where name = $1`,
)

/** Plans it for nulls, which asks for the rights on all that it touches. */
async function explain(connection: Connection, { name, text }: Statement<readonly unknown[], unknown>): Promise<void> {
  await connection.script(`prepare "${name}" as ${text}`)
  const [row] = await connection.query(PARAMETERS, name)
  const nulls = Array.from({ length: row?.count ?? 0 }, () => 'null').join(', ')
  await connection.script(`explain execute "${name}"${nulls === '' ? '' : ` (${nulls})`}; deallocate "${name}"`)
}

async function findStatements() {
  const files = globSync('**/*-table.ts', { cwd: join(ROOT, 'src') }).filter((file) => file !== OF_OWNER)
  const modules = await Promise.all(
    files.sort().map(async (file) => (await import(join(ROOT, 'src', file))) as Record<string, unknown>),
  )
  return modules.flatMap((exports) =>
    Object.entries(exports).flatMap(([where, value]) => (isStatement(value) ? [{ ...value, where }] : [])),
  )
}

function isStatement(value: unknown): value is Statement<readonly unknown[], unknown> {
  return typeof value === 'object' && value !== null && 'name' in value && 'text' in value
}
