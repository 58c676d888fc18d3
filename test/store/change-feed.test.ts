import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { PosternError } from '../../src/errors.ts'
import { openChangeFeed } from '../../src/store/change-feed.ts'
import type { ChangeFeed } from '../../src/store/change-feed.ts'
import { recordChange } from '../../src/store/changes.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import { MIGRATIONS, startPostgres } from '../support/postgres.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import type { Cleanup } from '../support/directories.ts'

const SNAPSHOT = statement<[], { snapshot: string }>('snapshot', `select pg_current_snapshot()::text as snapshot`)
const NOBODY = randomUUID()

interface Watched {
  readonly feed: ChangeFeed
  /** What the listener heard, in order: names, `policy`, `gap`. */
  readonly heard: string[]
  readonly clock: { ms: number }
  /** For each name whether it was void in a snapshot of long after. */
  readonly drops: boolean[]
}

async function watch(database: Pick<Database, 'query'>): Promise<Watched> {
  const heard: string[] = []
  const clock = { ms: 0 }
  const drops: boolean[] = []
  const listener = {
    onNamed: (name: string, isVoid: (snapshot: string) => boolean) => {
      heard.push(name)
      drops.push(isVoid('999999999:999999999:'))
    },
    onPolicy: () => void heard.push('policy'),
    onGap: () => void heard.push('gap'),
  }
  return { feed: await openChangeFeed(database, listener, () => clock.ms), heard, clock, drops }
}

async function snapshotOf(database: Pick<Database, 'query'>): Promise<string> {
  const [row] = await database.query(SNAPSHOT)
  return row?.snapshot ?? ''
}

const drivers = {
  PostgreSQL: async (t: Cleanup): Promise<Database> => (await openTestDatabase(t)).database,
  'the embedded database': openTestEmbedded,
}
for (const [driver, open] of Object.entries(drivers)) {
  test(`over ${driver} what was read before a change is void, what was read after it is not`, async (t) => {
    const database = await open(t)
    const { feed, heard } = await watch(database)
    const [user, session] = [randomUUID(), randomUUID()]
    const before = await snapshotOf(database)
    await feed.commit(database, async (tx) => {
      await recordChange(tx, { user })
      await recordChange(tx, { session })
      await recordChange(tx, 'policy')
    })
    const after = await snapshotOf(database)
    assert.deepEqual(heard, [user, session, 'policy'])
    for (const [userId, signInId] of [[user, NOBODY] as const, [NOBODY, session] as const]) {
      assert.deepEqual([feed.isVoid(before, userId, signInId), feed.isVoid(after, userId, signInId)], [true, false])
    }
    assert.equal(feed.isVoid(before, NOBODY, NOBODY), false)
    await feed.read()
    assert.equal(heard.length, 3)
  })
}

test('a change whose transaction was open while others went by is heard once it commits, and voids what did not see it', async (t) => {
  const { database } = await openTestDatabase(t)
  const { feed, heard } = await watch(database)
  const [slow, quick] = [randomUUID(), randomUUID()]
  const opened = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const transaction = database.transaction(async (tx) => {
    await recordChange(tx, { user: slow })
    opened.resolve()
    await release.promise
  })
  await opened.promise
  await feed.commit(database, (tx) => recordChange(tx, { user: quick }))
  const between = await snapshotOf(database)
  assert.deepEqual(heard, [quick])
  assert.deepEqual([feed.isVoid(between, quick, NOBODY), feed.isVoid(between, slow, NOBODY)], [false, false])
  release.resolve()
  await transaction
  await feed.read()
  assert.deepEqual(heard, [quick, slow])
  assert.deepEqual([feed.isVoid(between, quick, NOBODY), feed.isVoid(between, slow, NOBODY)], [false, true])
})

test('what was read before this process began to listen counts for nothing', async (t) => {
  const { database } = await openTestDatabase(t)
  const before = await snapshotOf(database)
  await database.transaction((tx) => recordChange(tx, { user: NOBODY }))
  const { feed } = await watch(database)
  assert.equal(feed.isVoid(before, randomUUID(), randomUUID()), true)
})

test('the feed is fresh for 1.5 s after a read was sent, and a process that was stopped sees that it is not', async (t) => {
  const { database } = await openTestDatabase(t)
  const { feed, clock } = await watch(database)
  clock.ms = 1_500
  assert.equal(feed.isFresh(), true)
  clock.ms = 1_501
  assert.equal(feed.isFresh(), false)
  await feed.read()
  assert.deepEqual([feed.isFresh(), feed.freshAt], [true, 1_501])
})

test('after an absence as long as changes are kept all that memory holds is dropped', async (t) => {
  const { database } = await openTestDatabase(t)
  const { feed, heard, clock } = await watch(database)
  clock.ms = 3_000_001
  await feed.read()
  assert.deepEqual([heard, feed.isFresh()], [['gap'], true])
})

test('a change that is durable but can not be read any more drops all that memory holds', async (t) => {
  const { database } = await openTestDatabase(t)
  let isGone = false
  const query: Database['query'] = (...asked) =>
    isGone ? Promise.reject(new PosternError('store_unavailable', 'gone')) : database.query(...asked)
  const { feed, heard } = await watch({ query })
  await feed.commit(database, async (tx) => {
    await recordChange(tx, { user: NOBODY })
    isGone = true
  })
  assert.deepEqual([heard, feed.unreachable], [['gap'], true])
  isGone = false
  await feed.read()
  assert.deepEqual([heard, feed.unreachable], [['gap', NOBODY], false])
})

test('a transaction that fails is an error to the caller and no change to anybody', async (t) => {
  const { database } = await openTestDatabase(t)
  const { feed, heard } = await watch(database)
  const failing = feed.commit(database, async (tx) => {
    await recordChange(tx, { user: NOBODY })
    throw new Error('no')
  })
  await assert.rejects(failing, /no/)
  await feed.read()
  assert.deepEqual(heard, [])
})

const BACKEND = statement<[], { pid: number }>('backend', `select pg_backend_pid() as pid`)
const CRASHES: Readonly<Record<string, (server: PostgresServer, database: Database) => Promise<unknown>>> = {
  'a start of the server': async (server) => {
    await server.kill()
    await server.start()
  },
  'the end of one of its processes, from which it recovers by itself': async (_, database) => {
    const [backend] = await database.query(BACKEND)
    process.kill(backend?.pid ?? 0, 'SIGKILL')
    await until('it is gone', 10_000, () => database.query(BACKEND).then(([now]) => now?.pid !== backend?.pid, yes))
  },
}
for (const [crash, happen] of Object.entries(CRASHES)) {
  test(`after ${crash} changes are read from below what is lost, and what they name is void`, async (t) => {
    const server = await startPostgres()
    t.after(() => server.close())
    const database = openPostgres({ url: `${server.urlPrefix}postgres`, poolSize: 1 })
    t.after(() => database.close())
    await migrate(database, MIGRATIONS)
    const { feed, heard, drops } = await watch(database)
    const first = feed.server
    const user = randomUUID()
    await feed.commit(database, (tx) => recordChange(tx, { user: NOBODY }))
    assert.deepEqual(heard, [NOBODY])
    await happen(server, database)
    await until('changes are read again', 10_000, () => feed.read().then(yes, no))
    // The policy may be another one after a failover. The change of before may be told again, or be lost.
    assert.deepEqual(heard.slice(0, 2), [NOBODY, 'policy'])
    assert.notEqual(feed.server, first)
    await database.transaction((tx) => recordChange(tx, { user }))
    await feed.read()
    assert.deepEqual([heard.at(-1), drops.at(-1)], [user, true])
    const { server: last } = feed
    await feed.read()
    assert.equal(feed.server, last)
  })
}

/** Takes up 25,000 transaction ids, more than a crash may lose. */
const TAKE_IDS = `
create temporary table taken (id integer);
do $$ begin
  for id in 1..25000 loop begin insert into taken values (id); exception when others then null; end; end loop;
end $$`

test('after two crashes with no read between them what changes name is void as after one', async (t) => {
  const { database } = await openTestDatabase(t)
  await database.withConnection((connection) => connection.script(TAKE_IDS))
  const servers = ['first']
  const query: Database['query'] = async (...asked) => {
    const server = servers.shift() ?? 'last'
    if (server === 'gone') throw new PosternError('store_unavailable', 'gone')
    return (await database.query(...asked)).map((row) => ({ ...row, server }))
  }
  const { feed, drops } = await watch({ query })
  servers.push('second', 'gone')
  await assert.rejects(feed.read())
  await feed.commit(database, (tx) => recordChange(tx, { user: NOBODY }))
  assert.deepEqual([feed.server, drops], ['last', [true]])
})

function yes(): boolean {
  return true
}

function no(): boolean {
  return false
}
