import { median, percentile } from '../statistics.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { startGateway } from './gateway.ts'
import type { Ground } from './ground.ts'
import { askAll } from './memory.ts'
import { runOpenLoop } from './open-loop.ts'
import { signInAt } from './portal.ts'
import { connectMany } from './verify-connection.ts'
import type { VerifyConnection } from './verify-connection.ts'

const PER_SECOND = 2_000
const CONNECTIONS = 64
const SESSIONS = 200
const SIGNING_IN = 8
const ROUNDS = 5
const GOAL = 3

/** Verify at a fixed rate, in turns without and while eight browsers sign in over and over. */
export async function measureStorm({ place, signInMany, opened, signal, seconds }: Ground): Promise<Finding[]> {
  const { verify, portal } = await startGateway(place, opened)
  const tokens = await signInMany(SESSIONS)
  const connections = await connectMany(verify, CONNECTIONS, { opened })
  await askAll(connections, tokens)
  const load = (): Promise<number> => p99UnderLoad(connections, tokens, seconds)
  await load()
  const figures = { calm: [] as number[], storm: [] as number[], ratio: [] as number[], signIns: [] as number[] }
  for (let round = 0; round < ROUNDS; round++) {
    signal.throwIfAborted()
    const calm = await load()
    const ending = new AbortController()
    const signingIn = Array.from({ length: SIGNING_IN }, () => signInUntil(ending.signal, portal, place.password))
    const storm = await load().finally(() => ending.abort())
    figures.calm.push(calm)
    figures.storm.push(storm)
    // Of neighbours in time, which what else the machine does meets alike.
    figures.ratio.push(storm / calm)
    const counts = await Promise.all(signingIn)
    figures.signIns.push(counts.reduce((sum, count) => sum + count, 0) / seconds)
  }
  return [
    finding('verify at 2,000 a second, p99', median(figures.calm), 'ms'),
    finding('verify at 2,000 a second while many sign in, p99', median(figures.storm), 'ms'),
    finding('the same, in a storm against calm', median(figures.ratio), 'times', GOAL),
    finding('sign-ins meanwhile', median(figures.signIns), 'requests/s'),
  ]
}

async function p99UnderLoad(
  connections: readonly VerifyConnection[],
  tokens: readonly string[],
  seconds: number,
): Promise<number> {
  let turn = 0
  const send = async (connection: VerifyConnection): Promise<void> => {
    const status = await connection.ask(tokens[turn++ % tokens.length] ?? '')
    if (status !== 200) throw new Error(`a valid sign-in got ${status}`)
  }
  return percentile(await runOpenLoop({ connections, perSecond: PER_SECOND, seconds, send }), 0.99)
}

/** @returns how many sign-ins there were */
async function signInUntil(ended: AbortSignal, portal: string, password: string): Promise<number> {
  let count = 0
  for (; !ended.aborted; count++) await signInAt(portal, password)
  return count
}
