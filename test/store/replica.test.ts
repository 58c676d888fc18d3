import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Database } from '../../src/store/database.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { readFromReplica } from '../../src/store/replica.ts'
import type { Replica } from '../../src/store/replica.ts'
import { statement } from '../../src/store/statement.ts'
import { administer, startPostgres, startStandby } from '../support/postgres.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { until } from '../support/until.ts'

const WITHIN_MS = 10_000
const MAX_LAG_MS = 600
const write = statement<[]>('write', 'insert into items default values')
const list = statement<[], { count: number; standby: boolean }>(
  'list',
  'select count(*)::int as count, pg_is_in_recovery() as standby from items',
  { mayReadReplica: true },
)
const forThePrimary = statement<[], { standby: boolean }>('other', 'select pg_is_in_recovery() as standby')

suite('a standby for reads', { timeout: 60_000 }, () => {
  let primary: PostgresServer
  let standby: PostgresServer
  before(async () => {
    primary = await startPostgres(['synchronous_commit=on'])
    await administer(primary.urlPrefix, 'create table items (id serial)')
    standby = await startStandby(primary, 'reads')
  })
  after(async () => {
    await standby.close()
    await primary.close()
  })

  interface Reading {
    readonly database: Database
    readonly replica: Replica
    /** Who answered last. */
    readonly by: () => string
  }
  const open = (t: TestContext, from: PostgresServer | readonly PostgresServer[] = standby): Reading => {
    const folders = [from].flat().map(({ socketFolder }) => encodeURIComponent(socketFolder))
    let by = ''
    const read = readFromReplica({
      primary: openPostgres({ url: `${primary.urlPrefix}postgres`, poolSize: 4 }),
      standby: openPostgres({
        url: `postgresql://postgres@/postgres?host=${folders.join(',')}`,
        poolSize: 4,
        wanted: 'standby',
        connectTimeoutMs: 500,
      }),
      maxLagMs: MAX_LAG_MS,
      onRead: (who) => (by = who),
      lookMs: 50,
      now: () => performance.now(),
    })
    t.after(() => read.database.close())
    return { ...read, by: () => by }
  }
  const used = ({ replica }: Reading): Promise<boolean> =>
    until('the standby is used', WITHIN_MS, () => replica.trouble === null)

  test('answers what it may, and shows each write that came before, whoever made it', async (t) => {
    const [reading, other] = [open(t), open(t)]
    await Promise.all([reading, other].map(used))
    let answered = 0
    for (let count = 1; count <= 50; count++) {
      await reading.database.query(write)
      const [row] = await other.database.query(list)
      assert.equal(row?.count, count)
      assert.equal(row.standby, other.by() === 'replica')
      if (row.standby) answered++
    }
    assert.ok(answered > 25, `${answered} of 50`)
    assert.equal((await reading.database.query(forThePrimary))[0]?.standby, false)
    await reading.database.transaction(async (tx) => assert.equal((await tx.query(list))[0]?.standby, false))
    t.diagnostic(`${answered} of 50 reads right after a write were answered by the standby`)
  })

  test('that stops to replay is left at once by who wrote, and by everybody beyond the bound', async (t) => {
    const reading = open(t)
    await used(reading)
    await administer(standby.urlPrefix, 'select pg_wal_replay_pause()')
    const [before] = await reading.database.query(list)
    await reading.database.query(write)
    const [row] = await reading.database.query(list)
    assert.deepEqual([row?.count, row?.standby], [(before?.count ?? 0) + 1, false])
    await until('it is too far behind', WITHIN_MS, () => /behind/.test(reading.replica.trouble ?? ''))
    assert.ok((reading.replica.lagSeconds ?? 0) > 0.1)
    await administer(standby.urlPrefix, 'select pg_wal_replay_resume()')
    await used(reading)
    await until('it answers', WITHIN_MS, async () => (await reading.database.query(list))[0]?.standby === true)
  })

  test('that is gone is not missed, and used again once it is back', async (t) => {
    const reading = open(t)
    await used(reading)
    await standby.stop()
    assert.equal((await reading.database.query(list))[0]?.standby, false)
    await until('it is told', WITHIN_MS, () => reading.replica.trouble !== null)
    await standby.start()
    await used(reading)
    assert.match(open(t, primary).replica.trouble ?? '', /not asked yet/)
  })

  test('that was promoted is given up for another one of the URL', async (t) => {
    const promoted = await startStandby(primary, 'promoted')
    t.after(() => promoted.close())
    await standby.stop()
    const reading = open(t, [promoted, standby])
    await used(reading)
    await standby.start()
    await administer(promoted.urlPrefix, 'select pg_promote()')
    await until('another answers', WITHIN_MS, async () => (await reading.database.query(list))[0]?.standby === true)
  })

  test('is none that takes writes, nor one that follows another primary', async (t) => {
    const own = open(t, primary)
    await until('it is told', WITHIN_MS, () => /does not answer/.test(own.replica.trouble ?? ''))
    assert.equal((await own.database.query(list))[0]?.standby, false)
    const stranger = await startPostgres()
    t.after(() => stranger.close())
    const follower = await startStandby(stranger, 'stranger')
    t.after(() => follower.close())
    const other = open(t, follower)
    await until('it is told', WITHIN_MS, () => /another primary/.test(other.replica.trouble ?? ''))
    assert.equal((await other.database.query(list))[0]?.standby, false)
  })
})
