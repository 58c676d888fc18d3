import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { openPostgres } from '../../src/store/postgres.ts'
import type { ServerDatabase } from '../../src/store/postgres.ts'
import { readFromReplica } from '../../src/store/replica.ts'
import { statement } from '../../src/store/statement.ts'
import { administer, startPostgres, startStandby } from '../support/postgres.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { until } from '../support/until.ts'

const WITHIN_MS = 10_000
const read = statement<[], { standby: boolean }>('read', 'select pg_is_in_recovery() as standby', {
  mayReadReplica: true,
})

suite('what a standby tells of itself', { timeout: 60_000 }, () => {
  let primary: PostgresServer
  let standby: PostgresServer
  before(async () => {
    primary = await startPostgres()
    standby = await startStandby(primary, 'source')
  })
  after(async () => {
    await standby.close()
    await primary.close()
  })

  const connect = (database: string): ServerDatabase =>
    openPostgres({ url: `${standby.urlPrefix}${database}`, poolSize: 2, wanted: 'standby' })
  const open = (t: TestContext, from: ServerDatabase) => {
    const reading = readFromReplica({
      primary: openPostgres({ url: `${primary.urlPrefix}postgres`, poolSize: 2 }),
      standby: from,
      maxLagMs: 5_000,
      lookMs: 50,
      now: () => performance.now(),
    })
    t.after(() => reading.database.close())
    return reading
  }

  test('is asked on the connection that is read from, since several may share an address', async (t) => {
    const server = connect('postgres')
    const onAnyConnection: string[] = []
    const query: ServerDatabase['query'] = (asked, ...params) => {
      onAnyConnection.push(asked.name)
      return server.query(asked, ...params)
    }
    const { database } = open(t, { ...server, query })
    await until('it answers', WITHIN_MS, async () => (await database.query(read))[0]?.standby === true)
    assert.ok(!onAnyConnection.includes(read.name))
  })

  test('has to be of the database that is in use, and not of another one beside it', async (t) => {
    await administer(primary.urlPrefix, 'create database other')
    const { database, replica } = open(t, connect('other'))
    await until('it is told', WITHIN_MS, () => /names the database other/.test(replica.trouble ?? ''))
    assert.equal((await database.query(read))[0]?.standby, false)
  })
})
