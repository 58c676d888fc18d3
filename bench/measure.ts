import { OperatorError } from '../src/errors.ts'
import { HOSTS } from './cases.ts'
import type { Case } from './cases.ts'
import type { Environment, Gateway } from './environment.ts'
import { readVerifyCounts, shareOf } from './gateway-metrics.ts'
import { childrenOf, cpuTimeUs, residentMb } from './processes.ts'
import { median, round } from './statistics.ts'
import { headersOf } from './visits.ts'
import type { Cookies } from './visits.ts'
import { CONNECTIONS, runWrk } from './wrk.ts'
import type { WrkRun } from './wrk.ts'

/** The figures of one case, each the median of its rounds; null where there is no gateway to measure. */
export interface Row {
  readonly case: string
  readonly gateway_cpu_us: number | null
  readonly nginx_cpu_us: number
  readonly rps: number
  readonly p50_ms: number
  readonly p99_ms: number
  readonly rss_mb: number | null
}

export interface MeasureOptions {
  readonly cookies: Cookies
  readonly rounds: number
  readonly seconds: number
  readonly signal: AbortSignal
  readonly progress: (line: string) => void
}

type Sample = Omit<Row, 'case'>

// A read from the database is due every minute and all 64 connections may wait for it; on a slow machine that is 1 in 100.
const MIN_SHARE = 0.98
const CLOSED_BY_CLIENT = 499
const MAX_RUNS = 3

/** Measures all cases in turn, round by round, so that whatever else the machine does meets them alike. */
export async function measureCases(
  environment: Environment,
  cases: readonly Case[],
  options: MeasureOptions,
): Promise<Row[]> {
  const samples = new Map<Case, Sample[]>(cases.map((measured) => [measured, []]))
  options.progress('warming up')
  for (const measured of cases) await measureOnce(environment, measured, { ...options, seconds: 1 })
  for (let round = 0; round < options.rounds; round++) {
    options.progress(`round ${round + 1} of ${options.rounds}`)
    for (const measured of rotated(cases, round)) {
      const measureThis = (): Promise<Sample | null> => measureOnce(environment, measured, options)
      samples.get(measured)?.push(await untilAnswered(measured, options, measureThis))
    }
  }
  return cases.map((measured) => medians(measured.name, samples.get(measured) ?? []))
}

/**
 * Measures again when nothing at all was answered: a short run can fall whole into a pause of a busy machine, and wrk
 * calls nothing broken that waited for less than 2 s.
 * @param measure null when there was no answer
 * @throws OperatorError when that happens three times
 */
export async function untilAnswered<T>(
  { name }: Pick<Case, 'name'>,
  { progress }: Pick<MeasureOptions, 'progress'>,
  measure: () => Promise<T | null>,
): Promise<T> {
  for (let run = 1; run <= MAX_RUNS; run++) {
    const measured = await measure()
    if (measured !== null) return measured
    progress(`run ${run} of "${name}" got no answer`)
  }
  throw new OperatorError(`The case "${name}" got no answer in ${MAX_RUNS} runs.`)
}

/** The same list from another place on, so that no case always follows the same one. */
export function rotated<T>(list: readonly T[], places: number): T[] {
  const start = places % list.length
  return [...list.slice(start), ...list.slice(0, start)]
}

/** @throws OperatorError when answers were not what the case is about */
export function checkStatuses(measured: Case, run: WrkRun, statuses: ReadonlyMap<number, number>): void {
  const expected = statuses.get(measured.status) ?? 0
  const others = [...statuses].filter(([status]) => status !== measured.status && status !== CLOSED_BY_CLIENT)
  // What is under way when wrk stops is logged or not, at most once a connection.
  if (others.length === 0 && run.broken === 0 && expected > 0 && expected >= run.requests - CONNECTIONS) return
  const counted = others.map(([status, count]) => `${count} times ${status}`).join(', ')
  throw new OperatorError(
    `The case "${measured.name}" is about ${measured.status} but got ${counted || `${expected} of it`} ` +
      `in ${run.requests} requests, and ${run.broken} connections broke.`,
  )
}

async function measureOnce(environment: Environment, measured: Case, options: MeasureOptions): Promise<Sample | null> {
  const gateway = environment.gateways[measured.gateway]
  const pids = gateway?.pids ?? []
  const { nginxPid, accessLog } = environment
  // Asked for late: the port is open before the first worker is there.
  const nginxWorkers = childrenOf(nginxPid)
  await accessLog.restart()
  const counts = await countsOf(gateway)
  const [gatewayBefore, nginxBefore] = [cpuTimeUs(pids), cpuTimeUs(nginxWorkers)]
  const run = await runWrk({
    url: `https://127.0.0.1:${environment.httpsPort}${measured.path}`,
    headers: headersOf(measured, options.cookies),
    seconds: options.seconds,
    signal: options.signal,
  })
  const [gatewayAfter, nginxAfter] = [cpuTimeUs(pids), cpuTimeUs(nginxWorkers)]
  if (run.requests === 0) return null
  checkStatuses(measured, run, accessLog.statuses(HOSTS[measured.gateway] + measured.path))
  checkCounts(measured, counts, await countsOf(gateway))
  return {
    gateway_cpu_us: gateway === null ? null : (gatewayAfter - gatewayBefore) / run.requests,
    nginx_cpu_us: (nginxAfter - nginxBefore) / run.requests,
    rps: (run.requests / run.durationUs) * 1_000_000,
    p50_ms: run.p50Us / 1_000,
    p99_ms: run.p99Us / 1_000,
    rss_mb: gateway === null ? null : residentMb(pids),
  }
}

type Counts = Awaited<ReturnType<typeof readVerifyCounts>> | null

async function countsOf(gateway: Gateway | null): Promise<Counts> {
  return gateway?.metricsUrl ? readVerifyCounts(gateway.metricsUrl) : null
}

function checkCounts({ name, counted }: Case, before: Counts, after: Counts): void {
  if (counted === null || before === null || after === null) return
  const share = shareOf(before, after, counted)
  if (share >= MIN_SHARE) return
  const wanted = `${counted.decision} by ${counted.tier}`
  throw new OperatorError(`The case "${name}" is about ${wanted}, but only ${round(share * 100, 1)} % were that.`)
}

function medians(name: string, samples: readonly Sample[]): Row {
  const of = (key: keyof Sample, digits: number): number =>
    round(median(samples.flatMap((sample) => sample[key] ?? [])), digits)
  const hasGateway = samples.every((sample) => sample.gateway_cpu_us !== null)
  return {
    case: name,
    gateway_cpu_us: hasGateway ? of('gateway_cpu_us', 1) : null,
    nginx_cpu_us: of('nginx_cpu_us', 1),
    rps: of('rps', 0),
    p50_ms: of('p50_ms', 2),
    p99_ms: of('p99_ms', 2),
    rss_mb: hasGateway ? of('rss_mb', 0) : null,
  }
}
