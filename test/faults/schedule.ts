import { createRandom } from '../support/random.ts'
import type { Effect } from './history.ts'

/** One fault to come. */
export interface PlannedFault {
  /** ms after the start of the run. */
  readonly at: number
  readonly lasts: number
  readonly fault: FaultKind
  /** Index of the process, or of the process whose link it is; null where it concerns all. */
  readonly target: number | null
  /** Of delays: how much longer each way takes. */
  readonly delayMs: number
}

interface FaultShape {
  readonly effect: Effect
  /** Whether it hits one process or its link, or what all share. */
  readonly hits: 'one' | 'all'
  readonly lasts: readonly [leastMs: number, mostMs: number]
  /** Faults of one place never overlap. */
  readonly place: 'process' | 'postgres' | 'redis'
}

/** Every kind of fault; a promotion is in a run at most once. */
export const FAULTS = {
  kill: { effect: 'down', hits: 'one', lasts: [500, 3_000], place: 'process' },
  restart: { effect: 'down', hits: 'one', lasts: [0, 500], place: 'process' },
  stop_process: { effect: 'paused', hits: 'one', lasts: [1_000, 6_000], place: 'process' },
  stop_postgres: { effect: 'postgres_out', hits: 'all', lasts: [1_000, 9_000], place: 'postgres' },
  restart_postgres: { effect: 'postgres_out', hits: 'all', lasts: [0, 4_000], place: 'postgres' },
  kill_postgres: { effect: 'postgres_out', hits: 'all', lasts: [0, 2_000], place: 'postgres' },
  promote: { effect: 'postgres_out', hits: 'all', lasts: [0, 1_000], place: 'postgres' },
  delay_postgres: { effect: 'postgres_slow', hits: 'one', lasts: [2_000, 6_000], place: 'postgres' },
  cut_postgres: { effect: 'postgres_out', hits: 'one', lasts: [1_000, 9_000], place: 'postgres' },
  cut_postgres_up: { effect: 'postgres_out', hits: 'one', lasts: [1_000, 6_000], place: 'postgres' },
  cut_postgres_down: { effect: 'postgres_out', hits: 'one', lasts: [1_000, 6_000], place: 'postgres' },
  strand_postgres: { effect: 'postgres_out', hits: 'one', lasts: [500, 1_000], place: 'postgres' },
  stop_redis: { effect: 'redis', hits: 'all', lasts: [1_000, 6_000], place: 'redis' },
  empty_redis: { effect: 'redis', hits: 'all', lasts: [0, 2_000], place: 'redis' },
  delay_redis: { effect: 'redis', hits: 'one', lasts: [2_000, 6_000], place: 'redis' },
  cut_redis: { effect: 'redis', hits: 'one', lasts: [1_000, 6_000], place: 'redis' },
  cut_redis_up: { effect: 'redis', hits: 'one', lasts: [1_000, 6_000], place: 'redis' },
  cut_redis_down: { effect: 'redis', hits: 'one', lasts: [1_000, 6_000], place: 'redis' },
} as const satisfies Record<string, FaultShape>

export type FaultKind = keyof typeof FAULTS

/** Fault-free time at the start and at the end of a run. */
export const QUIET_MS = { start: 6_000, end: 10_000 }
const PAUSE = [500, 2_500] as const
const DELAY = [10, 60] as const
const KINDS = Object.keys(FAULTS) as FaultKind[]

type Random = (limit: number) => number

/**
 * The faults of a run, by its seed alone. Every kind comes up before one comes again; one in three begins while the
 * one before it lasts, at another place.
 */
export function planFaults(seed: number, minutes: number, processes: number): PlannedFault[] {
  const random = createRandom(seed)
  const lastEnd = minutes * 60_000 - QUIET_MS.end
  const planned: PlannedFault[] = []
  let deck: FaultKind[] = []
  for (let at = QUIET_MS.start; ;) {
    if (deck.length === 0) deck = shuffled(playable(planned), random)
    const running = planned.at(-1)
    const fault = take(deck, running !== undefined && endOf(running) > at ? running : null)
    const begin = fault.overlaps || running === undefined ? at : Math.max(at, endOf(running))
    const next = plan(fault.kind, begin, processes, random)
    if (next.at + next.lasts > lastEnd) return planned
    planned.push(next)
    at = nextStart(planned, random)
  }
}

function playable(planned: readonly PlannedFault[]): FaultKind[] {
  const promoted = planned.some(({ fault }) => fault === 'promote')
  return KINDS.filter((kind) => kind !== 'promote' || !promoted)
}

/** The first of the deck of another place than the fault that lasts; where there is none, the first. */
function take(deck: FaultKind[], running: PlannedFault | null): { kind: FaultKind; overlaps: boolean } {
  const place = deck.findIndex((kind) => running === null || FAULTS[kind].place !== FAULTS[running.fault].place)
  const [kind = 'kill'] = deck.splice(Math.max(0, place), 1)
  return { kind, overlaps: place !== -1 }
}

function endOf({ at, lasts }: PlannedFault): number {
  return at + lasts
}

function plan(fault: FaultKind, at: number, processes: number, random: Random): PlannedFault {
  const { hits, lasts } = FAULTS[fault]
  return {
    at,
    lasts: between(lasts, random),
    fault,
    target: hits === 'all' ? null : random(processes),
    delayMs: fault.startsWith('delay_') ? between(DELAY, random) : 0,
  }
}

function nextStart(planned: readonly PlannedFault[], random: Random): number {
  const [before, last] = [planned.at(-2), planned.at(-1)]
  if (last === undefined) return QUIET_MS.start
  const alone = before === undefined || endOf(before) <= last.at
  if (alone && last.lasts > 1_500 && random(3) === 0) return last.at + Math.floor(last.lasts / 2)
  return Math.max(endOf(last), before === undefined ? 0 : endOf(before)) + between(PAUSE, random)
}

function between([least, most]: readonly [number, number], random: Random): number {
  return least + random(most - least + 1)
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items]
  return items.flatMap(() => left.splice(random(left.length), 1))
}
