import type { Effect, FaultPeriod, History, Stall } from './history.ts'

/** From one moment to another, ms on the harness's clock. */
export interface Period {
  readonly from: number
  readonly until: number
}

/** What was the matter with one process, and when. */
export interface Reach {
  /** It could not reach PostgreSQL. */
  readonly out: readonly Period[]
  /** Its answers took long, but came. */
  readonly slow: readonly Period[]
  /** Stopped by a signal. */
  readonly paused: readonly Period[]
  readonly down: readonly Period[]
  /** Did nothing for a while though nobody stopped it, or the harness did nothing. */
  readonly stalls: readonly Period[]
}

/** What is known of a process. */
export function reachOf({ faults, stalls }: History, process: number): Reach {
  const concerned = faults.filter((fault) => fault.process === null || fault.process === process)
  const withEffect = (effect: Effect): FaultPeriod[] => concerned.filter((fault) => fault.effect === effect)
  const [out, paused, down] = [withEffect('postgres_out'), withEffect('paused'), withEffect('down')]
  const absent = [...paused, ...down]
  const isOwn = (stall: Stall): boolean =>
    stall.process === null || (stall.process === process && !absent.some((each) => touches(each, stall)))
  return {
    out,
    slow: withEffect('postgres_slow'),
    paused,
    down,
    stalls: stalls.filter(isOwn),
  }
}

/** Whether a period reaches into another, or ended less than `afterMs` before it. */
export function touches(period: Period, { from, until }: Period, afterMs = 0): boolean {
  return period.from <= until && period.until + afterMs >= from
}

/** How much of a stretch of time the periods cover together; what two cover counts once. */
export function covered(periods: readonly Period[], { from, until }: Period): number {
  let total = 0
  let reached = from
  for (const period of sorted(periods)) {
    const start = Math.max(period.from, reached)
    const end = Math.min(period.until, until)
    if (end > start) total += end - start
    reached = Math.max(reached, end)
  }
  return total
}

/** Periods with those put together that overlap or lie less than `gapMs` apart. */
export function joined(periods: readonly Period[], gapMs: number): Period[] {
  const result: Period[] = []
  for (const { from, until } of sorted(periods)) {
    const last = result.at(-1)
    if (last !== undefined && from - last.until < gapMs) {
      result[result.length - 1] = { from: last.from, until: Math.max(last.until, until) }
    } else result.push({ from, until })
  }
  return result
}

/**
 * For each period, it and those that follow with gaps shorter than this, as one: what happened in a gap is unknown,
 * so whoever was out of reach may have been heard of in any of them or in none.
 */
export function chains(periods: readonly Period[], gapMs: number): Period[] {
  const inOrder = sorted(periods)
  return inOrder.flatMap((_, first) => joined(inOrder.slice(first), gapMs).slice(0, 1))
}

function sorted(periods: readonly Period[]): Period[] {
  return [...periods].sort((one, other) => one.from - other.from)
}
