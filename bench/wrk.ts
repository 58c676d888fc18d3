import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What wrk saw: latencies in microseconds, `broken` counts connections that failed or timed out. */
export interface WrkRun {
  readonly requests: number
  readonly durationUs: number
  readonly p50Us: number
  readonly p99Us: number
  readonly broken: number
}

export interface WrkOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly seconds: number
  readonly signal: AbortSignal
}

export const CONNECTIONS = 64
const REPORT = join(import.meta.dirname, 'wrk-report.lua')
const GRACE_MS = 10_000
const execute = promisify(execFile)

/** Asks for one address as fast as answers come, over 64 kept connections of one thread. */
export async function runWrk({ url, headers, seconds, signal }: WrkOptions): Promise<WrkRun> {
  const named = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const load = ['-t', '1', '-c', String(CONNECTIONS), '-d', `${seconds}s`]
  const timeout = seconds * 1_000 + GRACE_MS
  const { stdout } = await execute('wrk', [...load, '-s', REPORT, ...named, url], { signal, timeout })
  return readWrkReport(stdout)
}

/** @param output all that wrk printed, our line last @throws Error when that is missing */
export function readWrkReport(output: string): WrkRun {
  const line = output.trimEnd().split('\n').at(-1) ?? ''
  if (!line.startsWith('{')) throw new Error(`wrk printed no report: ${output}`)
  return JSON.parse(line) as WrkRun
}
