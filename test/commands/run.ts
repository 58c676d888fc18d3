import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { PosternEnv } from '../support/postern-process.ts'

/** How a command ended. */
export interface CommandOutcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

const LAUNCHER = join(import.meta.dirname, '../../bin/postern')
const DEADLINE_MS = 15_000

/** Runs `postern` with nothing but these settings and waits for its end; one that goes on running is killed. */
export async function runPostern(env: PosternEnv, words: readonly string[], input = ''): Promise<CommandOutcome> {
  const inherited = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' }
  const child = spawn(LAUNCHER, [...words], {
    env: { ...inherited, ...env },
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  })
  const closed = once(child, 'close')
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  await closed
  return { exitCode: child.exitCode, stdout, stderr }
}
