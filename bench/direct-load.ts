import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What is asked of a gateway without a proxy between. */
export interface DirectLoad {
  /** Where it listens, as nginx writes it. */
  readonly address: string
  /** One request without a body whose answer has none either, byte for byte. */
  readonly question: string
  /** What each answer has to be. */
  readonly status: number
  readonly connections: number
  readonly milliseconds: number
}

/**
 * What came of it, latencies in microseconds. `others` counts answers with another status, `lost` questions whose
 * connection ended instead.
 */
export interface DirectRun {
  readonly requests: number
  readonly durationUs: number
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
  readonly others: number
  readonly lost: number
}

const LOAD_PROCESS = join(import.meta.dirname, 'load-process.ts')
const GRACE_MS = 10_000
const execute = promisify(execFile)

/** Asks as fast as answers come, from a process of its own: on each connection one question at a time. */
export async function runDirectLoad(load: DirectLoad, signal: AbortSignal): Promise<DirectRun> {
  const timeout = load.milliseconds + GRACE_MS
  const { stdout } = await execute(process.execPath, [LOAD_PROCESS, JSON.stringify(load)], { signal, timeout })
  return JSON.parse(stdout) as DirectRun
}
