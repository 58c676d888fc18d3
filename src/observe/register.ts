import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client'
import type { Aggregator, Metric } from 'prom-client'
import { createDurations } from './durations.ts'
import type { Durations, DurationSeries, Labels } from './durations.ts'

/** The metrics of one process at one moment, as JSON can hold them. */
export type Figures = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** Counts something; labels that were not there before cost more than those that were. */
export type Count<Label extends string> = (labels: Readonly<Record<Label, string>>, by?: number) => void

/** What a gauge is now; null leaves it out, and a record gives a value for each value of its label. */
export type ReadGauge = () => number | boolean | null | Readonly<Record<string, number>>

export interface GaugeOptions {
  /** How the values of several processes make one; their sum unless given. */
  readonly together?: Aggregator
  /** For a gauge whose `read` gives a record. */
  readonly label?: string
}

/** Where metrics are made and told. No metric has more sets of labels than a limit: beyond it all is `_other`. */
export interface Register {
  counter<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): Count<Label>
  readonly gauge: (name: string, help: string, read: ReadGauge, options?: GaugeOptions) => void
  /** Adds a histogram that its caller made. */
  histogram(durations: Durations): void
  /** A histogram by one label whose values come from a table or from constants. */
  durationsBy(name: string, help: string, label: string, bounds: readonly number[]): (value: string, s: number) => void
  /** A histogram without labels. */
  durations(name: string, help: string, bounds: readonly number[]): DurationSeries
  /** Text in the Prometheus exposition format. */
  readonly expose: () => Promise<string>
  readonly figures: () => Promise<Figures>
  readonly contentType: string
}

/** For each metric; what is named in policies and tables has room, and a mistake can't fill memory. */
export const MAX_LABEL_SETS = 1_000
/** The label value of all that is beyond the limit. */
export const OTHER = '_other'

/** How those that the library makes become one of several processes, where it would hide who is worst off. */
const WORST: Readonly<Record<string, Aggregator>> = {
  nodejs_eventloop_lag_p50_seconds: 'max',
  nodejs_eventloop_lag_p90_seconds: 'max',
  nodejs_eventloop_lag_p99_seconds: 'max',
  process_open_fds: 'max',
  process_max_fds: 'min',
}
const COUNTS: ReadonlySet<string> = new Set(['counter', 'histogram', 'summary'])

/** Opens a register of its own, which tells of the process and of Node already. */
export function createRegister(): Register {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const add = (about: About, values: () => readonly Sample[]): void =>
    registry.registerMetric(metricOf({ aggregator: 'sum', ...about }, values))
  const histogram = (durations: Durations): void =>
    add({ name: durations.name, help: durations.help, type: 'histogram' }, () => durations.samples())
  return {
    counter: (name, help, labels = []) => {
      const counts = createCounts(labels)
      add({ name, help, type: 'counter' }, () => [...counts.samples.values()])
      return counts.count
    },
    gauge: (name, help, read, { together = 'sum', label = '' } = {}) =>
      add({ name, help, type: 'gauge', aggregator: together }, () => gaugeSamples(label, read())),
    histogram,
    durationsBy(name, help, label, bounds) {
      const durations = createDurations(name, help, bounds)
      histogram(durations)
      return observeBy(durations, label)
    },
    durations(name, help, bounds) {
      const durations = createDurations(name, help, bounds)
      histogram(durations)
      return durations.add({})
    },
    expose: () => registry.metrics(),
    figures: async () => (await registry.getMetricsAsJSON()).map(ofTheWorst),
    contentType: registry.contentType,
  }
}

/** The figures of several processes as one text: each metric says whether its values are added up or what else. */
export function exposeTogether(figures: readonly Figures[]): Promise<string> {
  return AggregatorRegistry.aggregate([...figures]).metrics()
}

/** The same as figures. */
export function together(figures: readonly Figures[]): Promise<Figures> {
  return AggregatorRegistry.aggregate([...figures]).getMetricsAsJSON()
}

/** What must be kept of processes that have ended: counts never go down, while a gauge of what is gone says nothing. */
export interface EndedFigures {
  add(figures: Figures): void
  /** Of all of them, as those of a few processes. */
  readonly figures: readonly Figures[]
}

/** Adds those that end up in the background, one after the other: what is added counts at once, and once. */
export function keepEnded(): EndedFigures {
  let kept: Figures[] = []
  let joined = Promise.resolve()
  const join = async (): Promise<void> => {
    const count = kept.length
    const sum = await together(kept)
    kept = [sum, ...kept.slice(count)]
  }
  return {
    add(figures) {
      kept = [...kept, figures.filter(({ type }) => COUNTS.has(String(type)))]
      joined = joined.then(join)
    },
    get figures() {
      return kept
    },
  }
}

/** The mean over processes would hide the one that is stuck, and the sum the one that has no file left. */
function ofTheWorst<Metric extends Figures[number]>(metric: Metric): Metric {
  const aggregator = WORST[metric.name]
  return aggregator === undefined ? metric : { ...metric, aggregator }
}

interface Sample {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

interface About {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly aggregator?: Aggregator
}

/** The registry asks a metric for nothing but what it is and `get`. */
function metricOf(about: About, values: () => readonly Sample[]): Metric {
  return { ...about, get: async (): Promise<object> => ({ ...about, values: values() }) } as unknown as Metric
}

function gaugeSamples(label: string, read: ReturnType<ReadGauge>): Sample[] {
  if (read === null) return []
  if (typeof read !== 'object') return [{ labels: {}, value: Number(read) }]
  return Object.entries(read).map(([each, value]) => ({ labels: { [label]: each }, value }))
}

interface Counts<Label extends string> {
  readonly count: Count<Label>
  readonly samples: ReadonlyMap<string, Sample>
}

function createCounts<Label extends string>(names: readonly Label[]): Counts<Label> {
  const samples = new Map<string, { labels: Labels; value: number }>()
  const other = Object.fromEntries(names.map((name) => [name, OTHER]))
  const sampleOf = (key: string, labels: Labels): { value: number } => {
    const found = samples.get(key)
    if (found !== undefined) return found
    if (samples.size >= MAX_LABEL_SETS && labels !== other) return sampleOf(OTHER, other)
    const added = { labels, value: 0 }
    samples.set(key, added)
    return added
  }
  const count: Count<Label> = (labels, by = 1) => {
    const key = names.length === 1 ? labels[names[0] as Label] : names.map((name) => labels[name]).join('\n')
    sampleOf(key, labels).value += by
  }
  // What has no labels is told from the start, so that its first rise is seen as one.
  if (names.length === 0) sampleOf('', {})
  return { count, samples }
}

function observeBy(durations: Durations, label: string): (value: string, seconds: number) => void {
  const known = new Map<string, DurationSeries>()
  const seriesOf = (value: string): DurationSeries => {
    const found = known.get(value)
    if (found !== undefined) return found
    if (known.size >= MAX_LABEL_SETS && value !== OTHER) return seriesOf(OTHER)
    const added = durations.add({ [label]: value })
    known.set(value, added)
    return added
  }
  return (value, seconds) => seriesOf(value).observe(seconds)
}
