import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { openChangeFeed } from '../../src/store/change-feed.ts'
import { READ_CHANGES } from '../../src/store/changes-table.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import type { PostgresOptions, ServerDatabase } from '../../src/store/postgres.ts'
import { statement } from '../../src/store/statement.ts'
import { isStoreUnavailable } from '../../src/store/unavailable.ts'
import { administer, startPostgres, startStandby } from '../support/postgres.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { until } from '../support/until.ts'

const WITHIN_MS = 10_000
const DURABLE = ['synchronous_commit=on']

const whereAmI = statement<[], { folder: string }>(
  'where_am_i',
  `select current_setting('unix_socket_directories') as folder`,
)
const write = statement<[text: string]>('write', 'insert into items (text) values ($1)')

/** The tests follow each other: each begins where the one before has left the servers. */
suite('of several servers the one that takes writes is used', { timeout: 120_000 }, () => {
  let old: PostgresServer
  let next: PostgresServer
  before(async () => {
    old = await startPostgres(DURABLE)
    await administer(old.urlPrefix, 'create table items (id serial, text text)')
    next = await startStandby(old, 'next', DURABLE)
  })
  after(async () => {
    await next.close()
    await old.close()
  })

  const open = (
    t: TestContext,
    servers: readonly PostgresServer[],
    more: Partial<PostgresOptions> = {},
  ): ServerDatabase => {
    const database = openPostgres({ url: urlOf(servers), poolSize: 4, connectTimeoutMs: 500, ...more })
    t.after(() => database.close())
    return database
  }

  test('wherever it stands in the list, and a standby alone is as good as none', async (t) => {
    for (const servers of [
      [old, next],
      [next, old],
    ])
      assert.equal(await folderOf(open(t, servers)), old.socketFolder)
    const error: unknown = await open(t, [next])
      .query(whereAmI)
      .catch((reason: unknown) => reason)
    assert.ok(isStoreUnavailable(error))
    assert.match(String(error instanceof Error && 'detail' in error && error.detail), /is a standby/)
  })

  test('what a standby shows is no source of changes, also where any server is asked for', async (t) => {
    const schema =
      'create schema auth; create table auth.changes (id bigint, xid xid8, kind text, user_id uuid, session_id uuid, created_at timestamptz)'
    await open(t, [old]).withConnection((connection) => connection.script(schema))
    const standby = openPostgres({ url: urlOf([next]), poolSize: 1, wanted: 'any' })
    t.after(() => standby.close())
    await until('it has the table', WITHIN_MS, () =>
      standby.query(READ_CHANGES, '3').then(
        () => true,
        () => false,
      ),
    )
    const listener = { onNamed: () => undefined, onPolicy: () => undefined, onGap: () => undefined }
    await assert.rejects(openChangeFeed(standby, listener), isStoreUnavailable)
  })

  test('one whose writes are turned off is left, and what was asked of it meanwhile counts for nothing', async (t) => {
    const database = open(t, [old, next])
    await database.query(whereAmI)
    await administer(old.urlPrefix, `alter system set default_transaction_read_only = on`)
    await administer(old.urlPrefix, 'select pg_reload_conf()')
    await until('nothing is read', WITHIN_MS, () => database.query(whereAmI).then(() => false, isStoreUnavailable))
    await administer(old.urlPrefix, 'alter system reset default_transaction_read_only')
    await administer(old.urlPrefix, 'select pg_reload_conf()')
    await until('it is read again', WITHIN_MS, () =>
      database.query(whereAmI).then(
        () => true,
        () => false,
      ),
    )
    assert.equal(database.switches, 0)
  })

  test('after a kill and a promotion the new one is used without a start, and known to be another', async (t) => {
    const told: string[] = []
    const database = open(t, [old, next], { onSwitch: (to) => void told.push(to) })
    const heard: string[] = []
    const listener = { onNamed: () => undefined, onPolicy: () => undefined, onGap: () => void heard.push('gap') }
    const feed = await openChangeFeed(database, listener, undefined, () => database.switches)
    let rings = 0
    const bell = await database.listen('items', () => void rings++)
    const held = database.transaction(async (tx) => {
      await tx.query(write, 'lost')
      await old.kill()
      return tx.query(whereAmI)
    })
    await assert.rejects(held, isStoreUnavailable)
    await bell.ended
    await assert.rejects(feed.read(), isStoreUnavailable)
    await administer(next.urlPrefix, 'select pg_promote(true, 30)')
    const foundMs = await took(() =>
      until('it is found', WITHIN_MS, () =>
        database.query(write, 'kept').then(
          () => true,
          () => false,
        ),
      ),
    )
    assert.equal(await folderOf(database), next.socketFolder)
    assert.deepEqual([database.switches, told.length], [1, 1])
    await until('changes are read', WITHIN_MS, () =>
      feed.read().then(
        () => true,
        () => false,
      ),
    )
    assert.deepEqual(heard, ['gap'])
    await database.listen('items', () => void rings++)
    await administer(next.urlPrefix, `notify items`)
    await until('the bell rings', WITHIN_MS, () => rings > 0)
    t.diagnostic(`written again ${Math.round(foundMs)} ms after the promotion`)
  })

  test('the old one beside it is never used again, by who begins now either', async (t) => {
    const before = open(t, [old, next])
    assert.equal(await folderOf(before), next.socketFolder)
    await old.start()
    const alone = openPostgres({ url: urlOf([old]), poolSize: 1 })
    t.after(() => alone.close())
    assert.equal(await folderOf(alone), old.socketFolder)
    for (const database of [before, open(t, [old, next]), open(t, [next, old])])
      assert.equal(await folderOf(database), next.socketFolder)
    await next.stop()
    for (let times = 0; times < 20; times++) await assert.rejects(folderOf(before), isStoreUnavailable)
    await next.start()
    await until('it is back', WITHIN_MS, () =>
      before.query(write, 'kept').then(
        () => true,
        () => false,
      ),
    )
    assert.equal(await folderOf(before), next.socketFolder)
  })

  test('a server that hangs holds nobody up once there is a newer one', async (t) => {
    const third = await startStandby(next, 'third', DURABLE)
    t.after(() => third.close())
    const database = open(t, [next, third])
    await Promise.all(Array.from({ length: 4 }, () => database.query(whereAmI)))
    next.signal('SIGSTOP')
    t.after(() => next.signal('SIGCONT'))
    const stuck = database.query(whereAmI).then(() => 'answered', isStoreUnavailable)
    await administer(third.urlPrefix, 'select pg_promote(true, 30)')
    assert.equal(await stuck, true)
    assert.equal(await folderOf(database), third.socketFolder)
  })
})

async function folderOf(database: Pick<ServerDatabase, 'query'>): Promise<string> {
  const [row] = await database.query(whereAmI)
  return row?.folder ?? ''
}

function urlOf(servers: readonly PostgresServer[]): string {
  const folders = servers.map(({ socketFolder }) => encodeURIComponent(socketFolder))
  return `postgresql://postgres@/postgres?host=${folders.join(',')}`
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
