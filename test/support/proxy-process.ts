import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cleanup } from './directories.ts'

/** What a real proxy is started with. */
export interface ProxySetup {
  /** An empty folder of its own; the proxy may write there. */
  readonly folder: string
  /** What `postern snippet` printed. */
  readonly snippet: string
  /** On which the snippet listens, on all addresses; the proxy is started on 127.0.0.1 alone. */
  readonly ports: readonly number[]
  readonly certificatePath: string
  readonly keyPath: string
  /** `POSTERN_PROXY_SECRET`, where the gateway wants one. */
  readonly secret?: string
}

/** A proxy of the machine, started by a test. */
export interface RealProxy {
  /** All it wrote so far. */
  readonly log: () => string
  readonly pid: number
  readonly stop: () => Promise<void>
}

/** Starts one kind of proxy; it is stopped after the test. */
export type StartProxy = (t: Cleanup, setup: ProxySetup) => Promise<RealProxy>

export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** One on which it listens once it runs. */
  readonly port: number
  /** Where it writes what it has to say, where that isn't its output. */
  readonly logFile?: string
}

const START_DEADLINE_MS = 10_000

/** Starts a program in the foreground. @throws Error with its own words when it ends before it listens */
export async function startProgram(t: Cleanup, { command, args, env, port, logFile }: Program): Promise<RealProxy> {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin`
  const child = spawn(command, args, { env: { PATH: path, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => end(child))
  let output = ''
  const log = (): string => (logFile !== undefined && existsSync(logFile) ? readFileSync(logFile, 'utf8') : '') + output
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.once('error', (error) => (output += error.message))
  const deadline = performance.now() + START_DEADLINE_MS
  while (!(await accepts(port))) {
    const ended = child.pid === undefined || child.exitCode !== null || child.signalCode !== null
    if (ended || performance.now() > deadline) throw new Error(`${command} did not start: ${log()}`)
    await delay(20)
  }
  return { log, pid: child.pid ?? 0, stop: () => end(child) }
}

/** Replaces every place; fails when there is none, as then the snippet has changed and this harness has not. */
export function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`the snippet no longer contains "${from}"`)
  return text.replaceAll(from, to)
}

async function accepts(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const overdue = setTimeout(() => child.kill('SIGKILL'), 3_000)
  await exit
  clearTimeout(overdue)
}
