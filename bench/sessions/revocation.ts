import { setTimeout as delay } from 'node:timers/promises'
import { startRedis } from '../../test/support/redis.ts'
import type { PosternEnv } from '../../test/support/postern-process.ts'
import { asTestContext } from '../place.ts'
import { connectToEach } from './every-worker.ts'
import { latencies } from './finding.ts'
import type { Finding } from './finding.ts'
import { startGateway } from './gateway.ts'
import type { Ground } from './ground.ts'
import { signOut } from './portal.ts'
import type { VerifyConnection } from './verify-connection.ts'

const REPLICAS = 2
const WORKERS = 2
const REVOCATIONS = 300
const WARM_UP = 20
const GOAL_MS = 100
/** How long a worker rests between two questions: what is measured is this coarse. */
const PAUSE_MS = 1
const GIVE_UP_MS = 5_000

/**
 * From the return of the call that ended a sign-in until a verify is sent that is refused, at the last of four workers;
 * 0 where all refuse it before.
 */
export async function measureRevocation(ground: Ground): Promise<Finding[]> {
  const alone = await lagsOf(ground, {})
  const { port } = await startRedis(asTestContext(ground.opened))
  const withRedis = await lagsOf(ground, { POSTERN_REDIS_URL: `redis://127.0.0.1:${port}` })
  return [
    ...latencies('revocation counts everywhere, PostgreSQL alone', alone, GOAL_MS),
    ...latencies('revocation counts everywhere, with Redis', withRedis, GOAL_MS),
  ]
}

async function lagsOf({ place, signInMany, signal }: Ground, settings: PosternEnv): Promise<number[]> {
  await using opened = new AsyncDisposableStack()
  const connections: VerifyConnection[] = []
  let portal = ''
  for (let replica = 0; replica < REPLICAS; replica++) {
    const gateway = await startGateway(place, opened, { ...settings, POSTERN_WORKERS: String(WORKERS) })
    connections.push(...(await connectToEach(gateway.verify, gateway.pids, opened)))
    portal = gateway.portal
  }
  const lags: number[] = []
  for (const token of await signInMany(WARM_UP + REVOCATIONS)) {
    signal.throwIfAborted()
    lags.push(await lagOf(token, portal, connections))
  }
  return lags.slice(WARM_UP)
}

async function lagOf(token: string, portal: string, connections: readonly VerifyConnection[]): Promise<number> {
  for (const connection of connections) await expectAllowed(connection, token)
  const refusals = Promise.all(connections.map((connection) => firstRefusal(connection, token)))
  await signOut(portal, token)
  const returnedAt = performance.now()
  return Math.max(0, ...(await refusals).map((refusedAt) => refusedAt - returnedAt))
}

/** Asks over and over; tells when the first question was sent that was answered with a no, a fault included. */
async function firstRefusal(connection: VerifyConnection, token: string): Promise<number> {
  const startedAt = performance.now()
  for (;;) {
    const sentAt = performance.now()
    if (sentAt - startedAt > GIVE_UP_MS) throw new Error(`a sign-in was still accepted after ${GIVE_UP_MS} ms`)
    if ((await connection.ask(token)) !== 200) return sentAt
    await delay(PAUSE_MS)
  }
}

async function expectAllowed(connection: VerifyConnection, token: string): Promise<void> {
  const status = await connection.ask(token)
  if (status !== 200) throw new Error(`a valid sign-in got ${status}`)
}
