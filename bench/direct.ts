import { OperatorError } from '../src/errors.ts'
import { HOSTS } from './cases.ts'
import type { GatewayName } from './cases.ts'
import { runDirectLoad } from './direct-load.ts'
import type { DirectLoad, DirectRun } from './direct-load.ts'
import type { Gateway } from './gateways.ts'
import { cpuTimeUs } from './processes.ts'
import { RECORDED_HOSTS } from './recorder.ts'
import { inRounds } from './rounds.ts'
import type { RoundOptions } from './rounds.ts'
import { medianOf } from './statistics.ts'
import { CONNECTIONS } from './wrk.ts'

/** What asking a gateway directly costs it, each figure the median of its rounds; null without a process to read. */
export interface DirectRow {
  readonly case: string
  readonly gateway_cpu_us: number | null
  readonly rps: number
  readonly p50_ms: number
  readonly p99_ms: number
}

/** One line of the table: what is sent, to whom, and the status that is to come. */
export interface DirectCase {
  readonly name: string
  readonly gateway: Gateway
  readonly question: string
  readonly status: number
}

type Sample = Omit<DirectRow, 'case'>

const MAX_LOST_SHARE = 0.01

/** The question as nginx would ask it of this gateway. @param recorded for one of the recorder's hosts */
export function questionFor(name: GatewayName, recorded: string): string {
  return Object.values(RECORDED_HOSTS).reduce((text, host) => text.replaceAll(host, HOSTS[name]), recorded)
}

/** Asks each gateway without nginx between, in turns, each warmed up before. */
export async function measureDirect(
  cases: readonly DirectCase[],
  options: RoundOptions & { readonly seconds: number },
): Promise<DirectRow[]> {
  // Half as long as behind nginx: nothing but the gateway is measured, so the figures move less.
  const milliseconds = options.seconds * 500
  const measure = (measured: DirectCase): Promise<Sample | null> =>
    measureOnce(measured, { milliseconds, signal: options.signal })
  for (const measured of cases) await measure(measured)
  const samples = await inRounds('asked directly', { ...options, items: cases, measure })
  return samples.map(([{ name }, list]) => medians(name, list))
}

/** What each answer to a load was. @throws OperatorError when some were not what the case is about */
export async function loadDirectly(
  { name, gateway, question, status }: DirectCase,
  { milliseconds, signal }: { milliseconds: number; signal: AbortSignal },
): Promise<DirectRun> {
  const load: DirectLoad = { address: gateway.address, question, status, connections: CONNECTIONS, milliseconds }
  const run = await runDirectLoad(load, signal)
  if (run.others === 0 && run.lost <= run.requests * MAX_LOST_SHARE) return run
  throw new OperatorError(
    `Of ${run.requests} answers to "${name}" ${run.others} were not ${status}, and ${run.lost} never came.`,
  )
}

async function measureOnce(
  measured: DirectCase,
  options: { milliseconds: number; signal: AbortSignal },
): Promise<Sample | null> {
  const { pids } = measured.gateway
  const before = cpuTimeUs(pids ?? [])
  const run = await loadDirectly(measured, options)
  const after = cpuTimeUs(pids ?? [])
  if (run.requests === 0) return null
  return {
    gateway_cpu_us: pids === null ? null : (after - before) / run.requests,
    rps: (run.requests / run.durationUs) * 1_000_000,
    p50_ms: run.p50Us / 1_000,
    p99_ms: run.p99Us / 1_000,
  }
}

function medians(name: string, samples: readonly Sample[]): DirectRow {
  return {
    case: name,
    gateway_cpu_us: medianOf(samples, 'gateway_cpu_us', 2),
    rps: medianOf(samples, 'rps', 0) ?? 0,
    p50_ms: medianOf(samples, 'p50_ms', 2) ?? 0,
    p99_ms: medianOf(samples, 'p99_ms', 2) ?? 0,
  }
}
