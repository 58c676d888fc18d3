import { setTimeout as delay } from 'node:timers/promises'
import { readVerifyCounts } from '../gateway-metrics.ts'
import type { VerifyCounts } from '../gateway-metrics.ts'
import { cpuTimeUs, residentMb } from '../processes.ts'
import { connectToEach } from '../sessions/every-worker.ts'
import { startGateway } from '../sessions/gateway.ts'
import type { Ground } from '../sessions/ground.ts'
import { askAll } from '../sessions/memory.ts'
import { runOpenLoop } from '../sessions/open-loop.ts'
import { signInAt, signOut } from '../sessions/portal.ts'
import type { VerifyConnection } from '../sessions/verify-connection.ts'
import { percentile } from '../statistics.ts'
import type { Numbers, Prediction } from './model.ts'
import type { PostgresUse } from './postgres-use.ts'

/** What was measured of the point; what is predicted of it under the same names. */
export type Measured = Pick<
  Prediction,
  'l1Share' | 'l3PerSecond' | 'gatewayCpu' | 'postgresCpu' | 'statementsPerSecond' | 'processMb'
> & {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly faults: number
  /** Verifies that there were, a second: fewer than were to be where the machine has no more. */
  readonly perSecond: number
}

const CONNECTIONS = 64
/** Longer than an entry lives, so that all have been read anew. */
const WARM_S = 70
/** A whole life of an entry and the pause after it: those that were read together are read anew together. */
const MEASURED_S = 73
const SHARES = { signedIn: 95, nobody: 4 }
const MS = 1_000
const US = 1_000_000
const MAX_FAULTS = 0.01

/** Numbers that the model was fitted on nowhere near: other sign-ins, processes, rates and a mixture. */
export const POINT: Numbers = {
  users: 30_000,
  sessions: 30_000,
  processes: 2,
  requests: 4_750,
  nobody: 200,
  forged: 50,
  signins: 2,
  revocations: 2,
  redis: 0,
}

/** Serves the point until it is steady, and then while it is measured. */
export async function measurePoint(
  { place, signInMany, opened, signal }: Ground,
  postgres: PostgresUse,
): Promise<Measured> {
  const tokens = await signInMany(POINT.sessions)
  const toEnd = await signInMany(POINT.revocations * (WARM_S + MEASURED_S) * 3)
  const gateway = await startGateway(place, opened, { POSTERN_WORKERS: String(POINT.processes) })
  // As many to each: of those that come at once one worker may take all.
  const connections: VerifyConnection[] = []
  while (connections.length < CONNECTIONS)
    connections.push(...(await connectToEach(gateway.verify, gateway.pids, opened)))
  const stopping = new AbortController()
  const errands = [
    repeat(stopping.signal, POINT.signins, () => signInAt(gateway.portal, place.password)),
    repeat(stopping.signal, POINT.revocations, () => signOut(gateway.portal, toEnd.pop() ?? '')),
  ]
  await askAll(connections, tokens)
  await serve(connections, tokens, WARM_S)
  signal.throwIfAborted()
  const read = async () => ({
    gatewayUs: cpuTimeUs(gateway.pids),
    postgresUs: postgres.cpuUs(),
    statements: await postgres.statements(),
    counts: await readVerifyCounts(`http://${gateway.ops}/metrics`),
  })
  const before = await read()
  const startedAt = performance.now()
  const { latencies, faults } = await serve(connections, tokens, MEASURED_S)
  const seconds = (performance.now() - startedAt) / MS
  const after = await read()
  stopping.abort()
  await Promise.all(errands)
  if (faults > latencies.length * MAX_FAULTS) throw new Error(`${faults} of ${latencies.length} answers were faults`)
  const tiers = { l1: added(before.counts, after.counts, 'l1'), l3: added(before.counts, after.counts, 'l3') }
  return {
    l1Share: tiers.l1 / (tiers.l1 + tiers.l3),
    l3PerSecond: tiers.l3 / seconds,
    gatewayCpu: (after.gatewayUs - before.gatewayUs) / US / seconds,
    postgresCpu: (after.postgresUs - before.postgresUs) / US / seconds,
    statementsPerSecond: (after.statements - before.statements) / seconds,
    processMb: residentMb(gateway.pids) / gateway.pids.length,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    faults,
    perSecond: latencies.length / seconds,
  }
}

/** Of a hundred 95 are signed in, each another, four are nobody, and one is forged. */
async function serve(connections: readonly VerifyConnection[], tokens: readonly string[], seconds: number) {
  const forged = `${tokens[0]?.slice(0, -4)}AAAA`
  let [turn, next, faults] = [0, 0, 0]
  const send = async (connection: VerifyConnection): Promise<void> => {
    const kind = turn++ % 100
    const isSignedIn = kind < SHARES.signedIn
    const token = isSignedIn
      ? (tokens[next++ % tokens.length] ?? '')
      : kind < SHARES.signedIn + SHARES.nobody
        ? ''
        : forged
    const status = await connection.ask(token)
    if (status === 500) faults++
    else if (status !== (isSignedIn ? 200 : 401)) throw new Error(`${kind} got ${status}`)
  }
  const perSecond = POINT.requests + POINT.nobody + POINT.forged
  return { latencies: await runOpenLoop({ connections, perSecond, seconds, send }), faults }
}

async function repeat(stopped: AbortSignal, perSecond: number, act: () => Promise<unknown>): Promise<void> {
  while (!stopped.aborted) {
    const startedAt = performance.now()
    await act()
    const left = MS / perSecond - (performance.now() - startedAt)
    if (left > 0) await delay(left, undefined, { signal: stopped }).catch(() => undefined)
  }
}

function added(before: VerifyCounts, after: VerifyCounts, tier: string): number {
  const sum = (counts: VerifyCounts): number =>
    [...counts].reduce((all, [labels, count]) => all + (labels.includes(`tier="${tier}"`) ? count : 0), 0)
  return sum(after) - sum(before)
}
