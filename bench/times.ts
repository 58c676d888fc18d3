import { percentile, round } from './statistics.ts'

/** How long something took that was done `count` times. */
export interface Times {
  readonly count: number
  readonly p50_ms: number
  readonly p99_ms: number
}

/** Runs the work and adds how long it took, in ms. */
export async function timed<T>(durations: number[], work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now()
  const result = await work()
  durations.push(performance.now() - startedAt)
  return result
}

export function timesOf(durations: readonly number[]): Times {
  const of = (share: number): number => round(percentile(durations, share), 2)
  return { count: durations.length, p50_ms: of(0.5), p99_ms: of(0.99) }
}
