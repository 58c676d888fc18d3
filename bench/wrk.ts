import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What wrk saw: latencies in microseconds, `broken` counts connections that failed or timed out. */
export interface WrkRun {
  readonly requests: number
  readonly durationUs: number
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
  readonly broken: number
}

export interface WrkOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Puts the tokens of a file in place of `TOKEN_PLACE` in the headers, in turns; null where none is to be put. */
  readonly turns: { readonly file: string; readonly from: number } | null
  readonly seconds: number
  readonly signal: AbortSignal
}

export const CONNECTIONS = 64
export const TOKEN_PLACE = '{token}'
const REPORT = join(import.meta.dirname, 'wrk-report.lua')
const GRACE_MS = 10_000
const execute = promisify(execFile)

/** Asks for one address as fast as answers come, over 64 kept connections of one thread. */
export async function runWrk({ url, headers, turns, seconds, signal }: WrkOptions): Promise<WrkRun> {
  const named = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const load = ['-t', '1', '-c', String(CONNECTIONS), '-d', `${seconds}s`]
  const timeout = seconds * 1_000 + GRACE_MS
  const tokens = turns === null ? [] : [turns.file, String(turns.from), TOKEN_PLACE]
  const { stdout } = await execute('wrk', [...load, '-s', REPORT, ...named, url, ...tokens], { signal, timeout })
  return readWrkReport(stdout)
}

/** @param output all that wrk printed, our line last @throws Error when that is missing */
export function readWrkReport(output: string): WrkRun {
  const line = output.trimEnd().split('\n').at(-1) ?? ''
  if (!line.startsWith('{')) throw new Error(`wrk printed no report: ${output}`)
  return JSON.parse(line) as WrkRun
}
