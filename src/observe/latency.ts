import { together } from './register.ts'
import type { Figures } from './register.ts'

/** Of the requests that were answered up to a moment since the one before. */
export interface LatencyPoint {
  readonly at: Date
  readonly answered: number
  /** Seconds: the upper bound of the bucket in which it lies; null where nothing was answered, or it is beyond all. */
  readonly p50: number | null
  readonly p99: number | null
}

/** How long verify took within the last hour. */
export interface Latency {
  /** Takes the counts of this moment; to be called at even times. */
  sample(figures: readonly Figures[], at: Date): Promise<void>
  readonly points: readonly LatencyPoint[]
}

const DURATIONS = 'postern_verify_duration_seconds'
const MAX_POINTS = 60

/** Counts of all buckets by their upper bounds; each holds those of the buckets below as well. */
type Buckets = ReadonlyMap<number, number>

export function createLatency(): Latency {
  const points: LatencyPoint[] = []
  let before: Buckets | null = null
  return {
    points,
    async sample(figures, at) {
      const now = await bucketsOf(figures)
      if (before !== null) points.push(pointOf(before, now, at))
      before = now
      if (points.length > MAX_POINTS) points.shift()
    },
  }
}

async function bucketsOf(figures: readonly Figures[]): Promise<Buckets> {
  const buckets = new Map<number, number>()
  const samples = (await together(figures)).find(({ name }) => name === DURATIONS)?.values ?? []
  for (const { labels, value } of samples) {
    const { le } = labels as { readonly le?: number | string }
    if (le === undefined) continue
    const bound = le === '+Inf' ? Infinity : Number(le)
    buckets.set(bound, (buckets.get(bound) ?? 0) + value)
  }
  return buckets
}

function pointOf(before: Buckets, now: Buckets, at: Date): LatencyPoint {
  // A process that ended without leaving its counts behind takes some away.
  const counts = [...now].map(([bound, count]) => [bound, Math.max(0, count - (before.get(bound) ?? 0))] as const)
  const sorted = counts.toSorted(([one], [other]) => one - other)
  const answered = sorted.at(-1)?.[1] ?? 0
  const boundOf = (share: number): number | null => {
    const bound = sorted.find(([, count]) => count >= answered * share)?.[0] ?? Infinity
    return answered === 0 || bound === Infinity ? null : bound
  }
  return { at, answered, p50: boundOf(0.5), p99: boundOf(0.99) }
}
