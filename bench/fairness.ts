import { HOSTS } from './cases.ts'
import { loadDirectly } from './direct.ts'
import type { DirectCase } from './direct.ts'
import { inRounds } from './rounds.ts'
import type { RoundOptions } from './rounds.ts'
import { finding } from './sessions/finding.ts'
import type { Finding } from './sessions/finding.ts'
import { connectMany } from './sessions/verify-connection.ts'
import type { VerifyConnection } from './sessions/verify-connection.ts'
import { median } from './statistics.ts'
import { CONNECTIONS } from './wrk.ts'

const IDLE = 1_000
const US_PER_MS = 1_000
/** Any text will do: what counts is that each is answered, before its rest and after it. */
const NO_TOKEN = 'none'

type Company = { readonly name: string; readonly idle: number }

/** What kept connections that ask nothing do to those that ask all the time, in turns with and without them. */
export async function measureFairness(
  busy: DirectCase,
  options: RoundOptions & { readonly seconds: number },
): Promise<Finding[]> {
  const items: readonly Company[] = [
    { name: 'alone', idle: 0 },
    { name: `beside ${IDLE} idle ones`, idle: IDLE },
  ]
  const measure = ({ idle }: Company): Promise<number | null> => p99Beside(idle, busy, options)
  const samples = await inRounds('idle connections', { ...options, items, measure })
  const [alone = NaN, beside = NaN] = samples.map(([, list]) => median(list))
  return [
    ...samples.map(([{ name }, list]) => finding(`${CONNECTIONS} busy connections ${name}, p99`, median(list), 'ms')),
    finding(`the same, beside ${IDLE} against alone`, beside / alone, 'times'),
  ]
}

async function p99Beside(
  idle: number,
  busy: DirectCase,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<number | null> {
  await using opened = new AsyncDisposableStack()
  const connections = await connectMany(busy.gateway.address, idle, { opened, host: HOSTS.postern })
  await askEach(connections)
  const run = await loadDirectly(busy, { milliseconds: seconds * 500, signal })
  await askEach(connections)
  return run.requests === 0 ? null : run.p99Us / US_PER_MS
}

async function askEach(connections: readonly VerifyConnection[]): Promise<void> {
  for (const connection of connections) await connection.ask(NO_TOKEN)
}
