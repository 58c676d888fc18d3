import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { OperatorError } from '../src/errors.ts'
import type { Suite } from './arguments.ts'

const REDIS = { 'redis-server': 'redis-server', 'redis-cli': 'redis-tools' }
/** Programs that each suite runs, each with the Debian package that has it. */
const PACKAGES: Readonly<Record<Suite, Readonly<Record<string, string>>>> = {
  verify: { wrk: 'wrk', nginx: 'nginx', openssl: 'openssl', ...REDIS },
  policies: {},
  sessions: REDIS,
  pages: {},
  scale: REDIS,
}
const POSTGRES = '/usr/lib/postgresql'

/**
 * @param path folders of programs, as in PATH
 * @throws OperatorError that names what is missing and how to get it
 */
export function requireTools(path: string, suites: readonly Suite[]): void {
  const programs = new Map(suites.flatMap((suite) => Object.entries(PACKAGES[suite])))
  const missing = [...programs].filter(([program]) => !isInstalled(program, path)).map(([, name]) => name)
  if (!existsSync(POSTGRES)) missing.push('postgresql')
  if (missing.length === 0) return
  throw new OperatorError(`The bench needs ${missing.join(', ')}. As root: apt-get install ${missing.join(' ')}`)
}

function isInstalled(program: string, path: string): boolean {
  return path.split(delimiter).some((folder) => isExecutable(join(folder, program)))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
