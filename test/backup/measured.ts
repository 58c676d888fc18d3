import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { PosternEnv } from '../support/postern-process.ts'

export interface Measured {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
  /** The most memory that it had at once. */
  readonly peakMib: number
}

const LAUNCHER = join(import.meta.dirname, '../../bin/postern')
const LOOK_MS = 50

/** Runs `postern`, however long it takes, and watches its memory. */
export async function runMeasured(env: PosternEnv, args: readonly string[]): Promise<Measured> {
  const startedAt = performance.now()
  const inherited = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' }
  const child = spawn(LAUNCHER, args, { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let peakMib = 0
  const timer = setInterval(() => (peakMib = Math.max(peakMib, peakOf(child.pid))), LOOK_MS)
  const closed = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  await closed
  clearInterval(timer)
  const seconds = Math.round((performance.now() - startedAt) / 10) / 100
  return { exitCode: child.exitCode, stdout, stderr, seconds, peakMib }
}

function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1_024)
  } catch {
    return 0
  }
}
