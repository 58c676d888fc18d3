import { checkHealth } from './health.ts'
import type { Check, Health } from './health.ts'
import { createLatency } from './latency.ts'
import type { Latency } from './latency.ts'
import type { Figures } from './register.ts'

/** What the console shows of the program that runs: all processes of this machine. */
export interface Program {
  health(): Promise<Health>
  figures(): Promise<readonly Figures[]>
  readonly latency: Pick<Latency, 'points'>
}

const CHECK_DEADLINE_MS = 2_000

/** @param figures of each process */
export function createProgram(
  checks: Readonly<Record<string, Check>>,
  figures: () => Promise<readonly Figures[]>,
): Program & { readonly latency: Latency } {
  return { health: () => checkHealth(checks, CHECK_DEADLINE_MS), figures, latency: createLatency() }
}
