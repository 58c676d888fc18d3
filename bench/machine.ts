import { execFileSync, spawnSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { postgresProgram } from '../test/support/postgres.ts'
import { round } from './statistics.ts'

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly node: string
  readonly nginx: string
  readonly postgres: string
}

export function describeMachine(): Machine {
  // nginx tells its version on standard error.
  const nginx = spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr ?? ''
  const postgres = execFileSync(postgresProgram('postgres'), ['--version'], { encoding: 'utf8' })
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    node: process.version.slice(1),
    nginx: versionIn(nginx),
    postgres: versionIn(postgres),
  }
}

/** How many processes wanted a core in the last minute. */
export function loadAverage(): number {
  return round(loadavg()[0] ?? 0, 1)
}

/** The first number with a dot in a line such as `nginx version: nginx/1.22.1`. */
function versionIn(text: string): string {
  return /\d+\.[\d.]*\d/.exec(text)?.[0] ?? 'unknown'
}
