import { startRedis } from '../../test/support/redis.ts'
import { readVerifyCounts, shareOf } from '../gateway-metrics.ts'
import { asTestContext } from '../place.ts'
import { timed } from '../times.ts'
import { latencies } from './finding.ts'
import type { Finding } from './finding.ts'
import { startGateway } from './gateway.ts'
import type { ServingGateway } from './gateway.ts'
import type { Ground } from './ground.ts'
import { connectMany } from './verify-connection.ts'

const ASKED = 1_000
const WARM_UP = 200
const MIN_SHARE = 0.98

/** One verify at a time for sessions that are in memory, only in Redis, or only in the database. */
export async function measureTiers(ground: Ground): Promise<Finding[]> {
  const { place, opened, signInMany } = ground
  const { port } = await startRedis(asTestContext(opened))
  const shared = { POSTERN_REDIS_URL: `redis://127.0.0.1:${port}` }
  const [first, second] = [await startGateway(place, opened, shared), await startGateway(place, opened, shared)]
  const alone = await startGateway(place, opened)
  const tokens = await signInMany(WARM_UP + ASKED)
  const missed = await ask(alone, tokens, { tier: 'l3', opened })
  const missedTwice = await ask(first, tokens, { tier: 'l3', opened })
  return [
    ...latencies('verify from memory (L1)', await ask(first, tokens, { tier: 'l1', opened })),
    ...latencies('verify from Redis (L2)', await ask(second, tokens, { tier: 'l2', opened })),
    ...latencies('verify from PostgreSQL (L3)', missed),
    ...latencies('verify from PostgreSQL (L3), Redis asked before', missedTwice),
  ]
}

async function ask(
  gateway: ServingGateway,
  tokens: readonly string[],
  { tier, opened }: { tier: string; opened: AsyncDisposableStack },
): Promise<number[]> {
  const [connection] = await connectMany(gateway.verify, 1, { opened })
  const metricsUrl = `http://${gateway.ops}/metrics`
  const before = await readVerifyCounts(metricsUrl)
  const durations: number[] = []
  for (const token of tokens) await timed(durations, async () => connection?.ask(token))
  const share = shareOf(before, await readVerifyCounts(metricsUrl), { decision: 'allow', tier })
  if (share < MIN_SHARE) throw new Error(`only ${Math.round(share * 100)} % were answered from ${tier}`)
  return durations.slice(WARM_UP)
}
