import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { connectToEach } from '../../bench/sessions/every-worker.ts'
import type { VerifyConnection } from '../../bench/sessions/verify-connection.ts'
import { childrenOf } from '../../bench/processes.ts'
import { median } from '../../bench/statistics.ts'
import { SECRETS } from '../../src/config/secrets.ts'
import { IS_LONG } from '../support/long.ts'
import { administer, startPostgres, startStandby } from '../support/postgres.ts'
import type { PosternEnv, PosternProcess } from '../support/postern-process.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { startLoad } from './load.ts'
import { signInAt, signOutAt } from './one-replica.ts'
import { openReplicas, PEOPLE } from './replicas.ts'
import type { Replicas } from './replicas.ts'
import { tellCounts } from './tell.ts'

const REPLICAS = 3
const WORKERS = 2
const REVOCATIONS = IS_LONG ? 100 : 10
/** What is promised on small, busy machines (DESIGN 5); `npm run bench -- sessions` measures what it is. */
const WITHIN_MS = 2_000
const START_MS = 30_000

test(
  'three replicas of two workers on PostgreSQL with a standby and on Redis are one',
  { timeout: 180_000 },
  async (t) => {
    const site = await openReplicas(t, { count: REPLICAS, verify: 'tcp', ...(await startStores(t)) })
    const replicas = await Promise.all(site.envs.map((_, place) => site.start(place)))
    const connections = await connectToAll(t, site, replicas)
    assert.equal(connections.length, REPLICAS * WORKERS)
    const load = await startLoad(t, site, PEOPLE)
    const atStart = load.counts()

    await t.test('a sign-in that ends at one replica is refused by every process', async (t) => {
      const lags: number[] = []
      for (let turn = 0; turn < REVOCATIONS; turn++) lags.push(await revoke(site, connections, turn))
      const [middle, worst] = [median(lags), Math.max(...lags)].map((ms) => Math.round(ms))
      t.diagnostic(
        `${REVOCATIONS} revocations in ${connections.length} processes: median ${middle} ms, worst ${worst} ms`,
      )
      assert.ok(Number(worst) <= WITHIN_MS)
    })

    await t.test('a policy decides in every process', async (t) => {
      const token = await signInAt(site.envs[0] ?? {}, PEOPLE[0])
      for (const connection of connections) assert.equal(await connection.ask(token), 200)
      await site.applyPolicy(['{ path: /reports/**, deny: true }'])
      const appliedAt = performance.now()
      await Promise.all(connections.map((connection) => firstOther(connection, token, 200)))
      t.diagnostic(`a policy in ${connections.length} processes: ${Math.round(performance.now() - appliedAt)} ms`)
      for (const connection of connections) assert.equal(await connection.ask(token), 403)
    })

    await t.test('nothing failed meanwhile', async (t) => {
      await load.further(100)
      const { failures, wrong } = tellCounts(t, atStart, await load.stop())
      assert.deepEqual({ failures, wrong }, { failures: [], wrong: [] })
    })
  },
)

/** A primary, its standby and Redis, as settings name them. */
async function startStores(t: TestContext): Promise<{ databaseUrl: string; env: PosternEnv }> {
  const primary = await startPostgres()
  t.after(() => primary.close())
  const standby = await startStandby(primary, 'replica')
  t.after(() => standby.close())
  await administer(primary.urlPrefix, 'create database postern')
  const { port } = await startRedis(t)
  const readUrl = 'POSTERN_DATABASE_READ_URL'
  const isRead = Object.values(SECRETS).some(({ name }) => name === readUrl)
  return {
    databaseUrl: `${primary.urlPrefix}postern`,
    env: {
      POSTERN_WORKERS: String(WORKERS),
      POSTERN_REDIS_URL: `redis://127.0.0.1:${port}`,
      POSTERN_DATABASE_POOL: '12',
      ...(isRead && { [readUrl]: `${standby.urlPrefix}postern` }),
    },
  }
}

/** One connection to each worker of each. */
async function connectToAll(
  t: TestContext,
  { envs }: Replicas,
  replicas: readonly PosternProcess[],
): Promise<VerifyConnection[]> {
  const opened = new AsyncDisposableStack()
  t.after(() => opened.disposeAsync())
  const connections: VerifyConnection[] = []
  for (const [place, { process: child, logs }] of replicas.entries()) {
    await until('all workers serve', START_MS, () => logs().split('"msg":"ready"').length - 1 === WORKERS)
    const workers = childrenOf(child.pid ?? 0)
    connections.push(...(await connectToEach(envs[place]?.['POSTERN_VERIFY_LISTEN'] ?? '', workers, opened)))
  }
  return connections
}

/** @returns from the end's return until the last process refuses, ms */
async function revoke({ envs }: Replicas, connections: readonly VerifyConnection[], turn: number): Promise<number> {
  const [here, there] = [envs[turn % REPLICAS] ?? {}, envs[(turn + 1) % REPLICAS] ?? {}]
  const token = await signInAt(here, PEOPLE[turn % PEOPLE.length] ?? '')
  for (const connection of connections) assert.equal(await connection.ask(token), 200)
  const refusals = Promise.all(connections.map((connection) => firstOther(connection, token, 200)))
  await signOutAt(there, token)
  const returnedAt = performance.now()
  const lags = (await refusals).map((sentAt) => sentAt - returnedAt)
  for (const connection of connections) assert.equal(await connection.ask(token), 401)
  return Math.max(0, ...lags)
}

/** @returns when the first question was sent that had another answer */
async function firstOther(connection: VerifyConnection, token: string, status: number): Promise<number> {
  return until('another answer', WITHIN_MS * 2, async () => {
    const sentAt = performance.now()
    return (await connection.ask(token)) === status ? false : sentAt
  })
}
