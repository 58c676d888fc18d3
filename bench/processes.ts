import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { OperatorError } from '../src/errors.ts'
import { connectOptions } from './address.ts'

/** What a started program runs as, besides its command and arguments. */
export interface ProgramOptions {
  /** Where it answers once it has started, as nginx writes it. */
  readonly address: string
  readonly opened: AsyncDisposableStack
}

// The unit of /proc/<pid>/stat: every Linux shows programs 100 ticks a second.
const TICK_US = 10_000
const KIB_PER_MB = 1_024
const START_DEADLINE_MS = 10_000

/** Starts a program that ends with `opened`, and waits until it answers. @throws Error with its own words */
export async function startProgram(
  command: string,
  args: readonly string[],
  { address, opened }: ProgramOptions,
): Promise<number> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  opened.defer(() => stop(child))
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  child.once('error', (error) => (complaint += error.message))
  const deadline = performance.now() + START_DEADLINE_MS
  while (!(await answers(address))) {
    if (hasEnded(child) || performance.now() > deadline) throw new Error(`${command} did not start: ${complaint}`)
    await delay(20)
  }
  return child.pid ?? 0
}

/** Children of a process that are running now. @throws Error when there are none */
export function childrenOf(pid: number): number[] {
  const children = listChildren(pid)
  if (children.length === 0) throw new Error(`process ${pid} has no children`)
  return children
}

/** A process and all below it that are running now. @throws OperatorError when there is no such process */
export function familyOf(pid: number): number[] {
  if (!existsSync(`/proc/${pid}`)) throw new OperatorError(`There is no process ${pid}.`)
  return [pid, ...listChildren(pid).flatMap(familyOf)]
}

/** CPU time that processes have used so far with all their threads, user and system, in microseconds. */
export function cpuTimeUs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticksOf(readFileSync(`/proc/${pid}/stat`, 'utf8')) * TICK_US, 0)
}

/** Resident memory of processes together, in MB of 1,048,576 bytes. */
export function residentMb(pids: readonly number[]): number {
  const kib = pids.map((pid) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]))
  return kib.reduce((sum, each) => sum + each, 0) / KIB_PER_MB
}

/** User and system time in ticks, from a line of /proc/<pid>/stat; the program's name in it may hold anything. */
export function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** Those of all its threads: any of them may have started a process. */
function listChildren(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`)
  const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'))
  return lists.flatMap((list) => list.split(' ').map(Number).filter(Boolean))
}

async function answers(address: string): Promise<boolean> {
  const connection = connect(connectOptions(address))
  try {
    await once(connection, 'connect')
    return true
  } catch {
    return false
  } finally {
    connection.destroy()
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}
