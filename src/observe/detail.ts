import { together } from './register.ts'
import type { Figures } from './register.ts'

/** How all processes of this machine do, for `/health/detail`; `docs/metrics.md` tells of each field. */
export interface Detail {
  readonly processes: number
  readonly statements: {
    /** The ten that took most time in all, and the ten whose slowest are slowest, worst first. */
    readonly byTotal: readonly StatementTimes[]
    readonly byP99: readonly StatementTimes[]
  }
  readonly pool: { readonly used: number; readonly idle: number; readonly waiting: number }
  readonly memory: {
    readonly rssBytes: number
    readonly heapUsedBytes: number
    readonly heapTotalBytes: number
    readonly limitBytes: number
  }
  /** Of the process that is worst off, since somebody last looked at metrics. */
  readonly eventLoop: { readonly p50Seconds: number; readonly p99Seconds: number; readonly maxSeconds: number }
  readonly passwords: { readonly running: number; readonly waiting: number }
}

export interface StatementTimes {
  readonly statement: string
  readonly count: number
  readonly totalSeconds: number
  /** Upper bound of the bucket in which it lies; null when it is beyond all of them. */
  readonly p99Seconds: number | null
}

const SHOWN = 10
const STATEMENTS = 'postern_statement_duration_seconds'

/** @param figures of each process; those of processes that have ended hold counts alone */
export async function detailOf(figures: readonly Figures[]): Promise<Detail> {
  const all = valuesOf(await together(figures))
  const alive = figures.map(valuesOf).filter((each) => each('process_resident_memory_bytes') > 0)
  const worst = (name: string): number => alive.reduce((max, each) => Math.max(max, each(name)), 0)
  const statements = statementsIn(all.samples(STATEMENTS))
  return {
    processes: alive.length,
    statements: {
      byTotal: statements.toSorted((one, other) => other.totalSeconds - one.totalSeconds).slice(0, SHOWN),
      byP99: statements.toSorted((one, other) => orderOf(other) - orderOf(one)).slice(0, SHOWN),
    },
    pool: {
      used: all('postern_pool_connections', 'used'),
      idle: all('postern_pool_connections', 'idle'),
      waiting: all('postern_pool_connections', 'waiting'),
    },
    memory: {
      rssBytes: all('process_resident_memory_bytes'),
      heapUsedBytes: all('nodejs_heap_size_used_bytes'),
      heapTotalBytes: all('nodejs_heap_size_total_bytes'),
      limitBytes: all('postern_memory_limit_bytes'),
    },
    eventLoop: {
      p50Seconds: worst('nodejs_eventloop_lag_p50_seconds'),
      p99Seconds: worst('nodejs_eventloop_lag_p99_seconds'),
      maxSeconds: worst('nodejs_eventloop_lag_max_seconds'),
    },
    passwords: {
      running: all('postern_password_hashes', 'running'),
      waiting: all('postern_password_hashes', 'waiting'),
    },
  }
}

interface Sample {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number | undefined>>
  readonly value: number
}

interface Values {
  /** Of a gauge, in a state where it has one; 0 where it isn't told. */
  (name: string, state?: string): number
  samples(name: string): readonly Sample[]
}

function valuesOf(figures: Figures): Values {
  const samples = (name: string): readonly Sample[] => figures.find((metric) => metric.name === name)?.values ?? []
  const valueOf = (name: string, state?: string): number =>
    samples(name).find(({ labels }) => state === undefined || labels['state'] === state)?.value ?? 0
  return Object.assign(valueOf, { samples })
}

function statementsIn(samples: readonly Sample[]): StatementTimes[] {
  return [...Map.groupBy(samples, ({ labels }) => String(labels['statement']))].map(([statement, own]) => {
    const valueOf = (suffix: string): number =>
      own.find(({ metricName }) => metricName === `${STATEMENTS}_${suffix}`)?.value ?? 0
    const count = valueOf('count')
    return { statement, count, totalSeconds: valueOf('sum'), p99Seconds: boundOf(own, count * 0.99) }
  })
}

/** The smallest bucket that holds so many; its samples count those of the buckets below as well. */
function boundOf(samples: readonly Sample[], wanted: number): number | null {
  const fitting = samples.filter(({ labels: { le }, value }) => typeof le === 'number' && value >= wanted)
  return fitting.length === 0 ? null : Math.min(...fitting.map(({ labels: { le } }) => Number(le)))
}

function orderOf({ p99Seconds }: StatementTimes): number {
  return p99Seconds ?? Infinity
}
