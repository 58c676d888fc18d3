import { setTimeout as delay } from 'node:timers/promises'
import { residentMb } from '../processes.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { startGateway } from './gateway.ts'
import type { Ground } from './ground.ts'
import { connectMany } from './verify-connection.ts'
import type { VerifyConnection } from './verify-connection.ts'

const ENTRIES = 100_000
const CONNECTIONS = 32
const BYTES_PER_MB = 1_048_576
const GOAL_MB = 200
/** Longer than the gateway leaves a database alone that was late. */
const RETRY_MS = 600
const MAX_TRIES = 5

/** What a process takes when it has started, and when it holds 100,000 sessions and has answered from them for a while. */
export async function measureMemory({ place, signInMany, opened, seconds }: Ground): Promise<Finding[]> {
  const tokens = await signInMany(ENTRIES)
  const { verify, pids } = await startGateway(place, opened)
  const connections = await connectMany(verify, CONNECTIONS, { opened })
  await askAll(connections, tokens.slice(0, CONNECTIONS))
  const started = residentMb(pids)
  await askAll(connections, tokens)
  const until = performance.now() + seconds * 1_000
  while (performance.now() < until) await askAll(connections, tokens.slice(0, ENTRIES / 10))
  const full = residentMb(pids)
  return [
    finding('resident memory after the start', started, 'MB'),
    finding('resident memory with 100,000 sessions', full, 'MB', GOAL_MB),
    finding('resident memory for each session', ((full - started) * BYTES_PER_MB) / ENTRIES, 'bytes'),
  ]
}

/** Each token once, over all connections. @throws Error when one is refused */
export async function askAll(connections: readonly VerifyConnection[], tokens: readonly string[]): Promise<void> {
  const left = tokens.values()
  const askNext = async (connection: VerifyConnection): Promise<void> => {
    for (const token of left) await askUntilKnown(connection, token)
  }
  await Promise.all(connections.map(askNext))
}

/** A busy machine may miss the deadline of a read, which is a fault and no refusal. */
async function askUntilKnown(connection: VerifyConnection, token: string): Promise<void> {
  let status = await connection.ask(token)
  for (let tries = 1; status === 500 && tries < MAX_TRIES; tries++) {
    await delay(RETRY_MS)
    status = await connection.ask(token)
  }
  if (status !== 200) throw new Error(`a valid sign-in got ${status}`)
}
