/** Durations in plain numbers, for where one is counted every few microseconds. */
export interface Durations {
  readonly name: string
  readonly help: string
  /** How many sets of labels there are. */
  readonly size: number
  /** A further set of labels, for the caller to keep: here nothing looks whether it is there already. */
  add(labels: Labels): DurationSeries
  /** What the exposition format has of a histogram (Prometheus, "Histogram"). */
  samples(): DurationSample[]
}

export type Labels = Readonly<Record<string, string>>

/** The durations of one set of labels. */
export interface DurationSeries {
  observe(seconds: number): void
}

export interface DurationSample {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** @param bounds upper ones of the buckets in seconds, ascending */
export function createDurations(name: string, help: string, bounds: readonly number[]): Durations {
  const known: { readonly labels: Labels; readonly counts: SeriesCounts }[] = []
  return {
    name,
    help,
    get size() {
      return known.length
    },
    add(labels) {
      const counts = new SeriesCounts(bounds)
      known.push({ labels, counts })
      return counts
    },
    samples: () => known.flatMap(({ labels, counts }) => samplesOf(name, bounds, labels, counts)),
  }
}

class SeriesCounts implements DurationSeries {
  /** How many fell into each bucket, without those of the buckets below; the last is for all above. */
  readonly counts: Float64Array
  sum = 0
  readonly #bounds: readonly number[]

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  observe(seconds: number): void {
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && seconds > (bounds[bucket] ?? 0)) bucket++
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
    this.sum += seconds
  }
}

function samplesOf(
  name: string,
  bounds: readonly number[],
  labels: Labels,
  { counts, sum }: SeriesCounts,
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
