/** Durations by two labels in plain numbers, for where one is counted every few microseconds. */
export interface Durations {
  readonly name: string
  observe(decision: string, tier: string, seconds: number): void
  /** What the exposition format has of a histogram (Prometheus, "Histogram"). */
  samples(): DurationSample[]
}

export interface DurationSample {
  readonly metricName: string
  readonly labels: { readonly decision: string; readonly tier: string; readonly le?: number | '+Inf' }
  readonly value: number
}

interface Series {
  /** How many fell into each bucket, without those of the buckets below; the last is for all above. */
  readonly counts: Float64Array
  sum: number
}

/** @param bounds upper ones of the buckets in seconds, ascending */
export function createDurations(name: string, bounds: readonly number[]): Durations {
  const series = new Map<string, Map<string, Series>>()
  return {
    name,
    observe(decision, tier, seconds) {
      const found = series.get(decision)?.get(tier) ?? addSeries(series, decision, tier, bounds.length)
      let bucket = 0
      while (bucket < bounds.length && seconds > (bounds[bucket] ?? 0)) bucket++
      found.counts[bucket] = (found.counts[bucket] ?? 0) + 1
      found.sum += seconds
    },
    samples: () =>
      [...series].flatMap(([decision, tiers]) =>
        [...tiers].flatMap(([tier, each]) => samplesOf(name, bounds, { decision, tier }, each)),
      ),
  }
}

function addSeries(series: Map<string, Map<string, Series>>, decision: string, tier: string, buckets: number): Series {
  const added = { counts: new Float64Array(buckets + 1), sum: 0 }
  const tiers = series.get(decision) ?? new Map<string, Series>()
  series.set(decision, tiers.set(tier, added))
  return added
}

function samplesOf(
  name: string,
  bounds: readonly number[],
  labels: { decision: string; tier: string },
  { counts, sum }: Series,
): DurationSample[] {
  let total = 0
  const buckets = [...bounds, '+Inf' as const].map((le, place) => {
    total += counts[place] ?? 0
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: total }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ]
}
