import { percentile, round } from '../statistics.ts'

/** One figure about sessions, and what it should at most be. */
export interface Finding {
  readonly what: string
  readonly value: number
  readonly unit: 'ms' | 'µs' | 'MB' | 'bytes' | 'times' | 'reads' | 'requests/s' | '% more'
  /** null where no goal is set. */
  readonly at_most: number | null
}

/** Builds a finding, rounded to what can be told of it. */
export function finding(what: string, value: number, unit: Finding['unit'], atMost: number | null = null): Finding {
  return { what, value: round(value, value >= 100 ? 0 : 2), unit, at_most: atMost }
}

/** Median and p99 of durations in ms. @param p99AtMost goal of the p99 alone */
export function latencies(what: string, durations: readonly number[], p99AtMost: number | null = null): Finding[] {
  return [
    finding(`${what}, p50`, percentile(durations, 0.5), 'ms'),
    finding(`${what}, p99`, percentile(durations, 0.99), 'ms', p99AtMost),
  ]
}
