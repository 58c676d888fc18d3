import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Environment } from './gateway.ts'

const LAUNCHER = join(import.meta.dirname, '../../bin/postern')

/** Runs a command of `postern` to its end; gives the exit code, or null when a signal ended it. */
export async function runCommand(environment: Environment, args: readonly string[]): Promise<number | null> {
  const child = spawn('setpriv', ['--pdeathsig=KILL', LAUNCHER, ...args], { env: environment, stdio: 'ignore' })
  await once(child, 'exit')
  return child.exitCode
}
