import { OperatorError } from '../src/errors.ts'
import { HOSTS } from './cases.ts'
import type { Case } from './cases.ts'
import type { Environment } from './environment.ts'
import { readVerifyCounts, shareOf } from './gateway-metrics.ts'
import type { Gateway } from './gateways.ts'
import type { ManySessions } from './many-sessions.ts'
import { childrenOf, cpuTimeUs, residentMb } from './processes.ts'
import { inRounds } from './rounds.ts'
import type { RoundOptions } from './rounds.ts'
import { medianOf, round } from './statistics.ts'
import { headersOf } from './visits.ts'
import type { Cookies } from './visits.ts'
import { CONNECTIONS, runWrk } from './wrk.ts'
import type { WrkOptions, WrkRun } from './wrk.ts'

/** The figures of one case, each the median of its rounds; null where there is no process to read it from. */
export interface Row {
  readonly case: string
  readonly gateway_cpu_us: number | null
  readonly nginx_cpu_us: number
  readonly rps: number
  readonly p50_ms: number
  readonly p99_ms: number
  readonly p999_ms: number
  readonly rss_mb: number | null
}

export interface MeasureOptions extends RoundOptions {
  readonly cookies: Cookies
  readonly sessions: ManySessions
  readonly seconds: number
}

type Sample = Omit<Row, 'case'>

// A read from the database is due every minute and all 64 connections may wait for it; on a slow machine that is 1 in 100.
const MIN_SHARE = 0.98
const CLOSED_BY_CLIENT = 499
const FAULT = 500
const MAX_LATE_SHARE = 0.01

/** Measures all cases in turn, each warmed up for a second before. */
export async function measureCases(
  environment: Environment,
  cases: readonly Case[],
  options: MeasureOptions,
): Promise<Row[]> {
  options.progress('warming up')
  for (const measured of cases) await warmUp(environment, measured, options)
  const measure = (measured: Case): Promise<Sample | null> => measureOnce(environment, measured, options)
  const samples = await inRounds('behind nginx', { ...options, items: cases, measure })
  return samples.map(([{ name }, list]) => medians(name, list))
}

/**
 * Whether a run counts: one in which the database was too late for more than one request in a hundred doesn't.
 * @throws OperatorError when answers were not what the case is about
 */
export function checkStatuses(measured: Case, run: WrkRun, statuses: ReadonlyMap<number, number>): boolean {
  const expected = statuses.get(measured.status) ?? 0
  const late = measured.mayBeLate === true ? (statuses.get(FAULT) ?? 0) : 0
  const known = new Set([measured.status, CLOSED_BY_CLIENT, ...(late > 0 ? [FAULT] : [])])
  const others = [...statuses].filter(([status]) => !known.has(status))
  // What is under way when wrk stops is logged or not, at most once a connection.
  const isWhole = expected > 0 && expected + late >= run.requests - CONNECTIONS
  if (others.length === 0 && run.broken === 0 && isWhole) return late <= run.requests * MAX_LATE_SHARE
  const counted = others.map(([status, count]) => `${count} times ${status}`).join(', ')
  throw new OperatorError(
    `The case "${measured.name}" is about ${measured.status} but got ${counted || `${expected} of it`} ` +
      `in ${run.requests} requests, and ${run.broken} connections broke.`,
  )
}

async function measureOnce(environment: Environment, measured: Case, options: MeasureOptions): Promise<Sample | null> {
  const gateway = environment.gateways.get(measured.gateway) ?? null
  const pids = gateway?.pids ?? null
  const { nginxPid, accessLog } = environment
  // Asked for late: the port is open before the first worker is there.
  const nginxWorkers = childrenOf(nginxPid)
  const turns = await turnsOf(measured, options.sessions)
  await accessLog.restart()
  const counts = await countsOf(gateway)
  const [gatewayBefore, nginxBefore] = [cpuTimeUs(pids ?? []), cpuTimeUs(nginxWorkers)]
  const run = await load(environment, measured, { ...options, turns })
  const [gatewayAfter, nginxAfter] = [cpuTimeUs(pids ?? []), cpuTimeUs(nginxWorkers)]
  if (run.requests === 0) return null
  if (!checkStatuses(measured, run, accessLog.statuses(HOSTS[measured.gateway] + measured.path))) return null
  checkCounts(measured, counts, await countsOf(gateway))
  return {
    gateway_cpu_us: pids === null ? null : (gatewayAfter - gatewayBefore) / run.requests,
    nginx_cpu_us: (nginxAfter - nginxBefore) / run.requests,
    rps: (run.requests / run.durationUs) * 1_000_000,
    p50_ms: run.p50Us / 1_000,
    p99_ms: run.p99Us / 1_000,
    p999_ms: run.p999Us / 1_000,
    rss_mb: pids === null ? null : residentMb(pids),
  }
}

/** What comes of it isn't looked at: a database that has yet to start its processes may be late at first. */
async function warmUp(environment: Environment, measured: Case, options: MeasureOptions): Promise<void> {
  const turns = await turnsOf(measured, options.sessions)
  await load(environment, measured, { ...options, turns, seconds: 1 })
}

async function load(
  { httpsPort }: Environment,
  measured: Case,
  { cookies, sessions, turns, seconds, signal }: MeasureOptions & Pick<WrkOptions, 'turns'>,
): Promise<WrkRun> {
  const url = `https://127.0.0.1:${httpsPort}${measured.path}`
  const headers = { Host: HOSTS[measured.gateway], ...headersOf(measured, cookies) }
  const run = await runWrk({ url, headers, turns, seconds, signal })
  if (turns !== null) sessions.taken(measured, run.requests + CONNECTIONS)
  return run
}

async function turnsOf(measured: Case, sessions: ManySessions): Promise<WrkOptions['turns']> {
  return measured.cookie === 'many' ? { file: sessions.file, from: await sessions.turnFor(measured) } : null
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
  return {
    case: name,
    gateway_cpu_us: medianOf(samples, 'gateway_cpu_us', 1),
    nginx_cpu_us: medianOf(samples, 'nginx_cpu_us', 1) ?? 0,
    rps: medianOf(samples, 'rps', 0) ?? 0,
    p50_ms: medianOf(samples, 'p50_ms', 2) ?? 0,
    p99_ms: medianOf(samples, 'p99_ms', 2) ?? 0,
    p999_ms: medianOf(samples, 'p999_ms', 2) ?? 0,
    rss_mb: medianOf(samples, 'rss_mb', 0),
  }
}
