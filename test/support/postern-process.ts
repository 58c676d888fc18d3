import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { migratedDirectory, temporaryDirectory } from './directories.ts'
import { freePort } from './ports.ts'

/** Settings by their whole names, such as `POSTERN_PUBLIC_URL`. */
export type PosternEnv = Readonly<Record<string, string>>

export interface PosternProcess {
  readonly process: ChildProcess
  readonly dataDir: string
  /** Every setting the process was given, with the addresses that were chosen for it. */
  readonly env: PosternEnv
  /** Standard output and error, in the order they came. */
  readonly logs: () => string
  /** Asks it to end and waits; gives its exit code, or null when a signal ended it. Repeatable. */
  readonly stop: () => Promise<number | null>
  /** Ends it like a power cut, and waits. */
  readonly kill: () => Promise<void>
}

/** What an operator starts. */
export const LAUNCHER = join(import.meta.dirname, '../../bin/postern')
const START_DEADLINE_MS = 30_000
const STOP_DEADLINE_MS = 15_000

/**
 * Starts `postern serve` with nothing but these settings, on free ports and a temporary data directory with a migrated
 * database where none are given, and waits until it is ready.
 * @param launcher of another release than this one
 * @throws Error with the process's own words when it ends instead
 */
export async function startPostern(t: TestContext, env: PosternEnv, launcher = LAUNCHER): Promise<PosternProcess> {
  const isEmbedded = env['POSTERN_DATABASE_URL'] === undefined
  const dataDir = env['POSTERN_DATA_DIR'] ?? (await (isEmbedded ? migratedDirectory(t) : temporaryDirectory(t)))
  const settings = { ...(await addresses()), POSTERN_DATA_DIR: dataDir, ...env }
  const child = spawn(launcher, ['serve'], {
    env: { ...inherited(), ...laneSetting(), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => kill(child))
  let logs = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (logs += chunk.toString()))
  child.once('error', (error) => (logs += error.message))
  await untilReady(child, settings.POSTERN_OPS_LISTEN, () => logs)
  return { process: child, dataDir, env: settings, logs: () => logs, stop: () => stop(child), kill: () => kill(child) }
}

interface Addresses {
  readonly POSTERN_LISTEN: string
  readonly POSTERN_VERIFY_LISTEN: string
  readonly POSTERN_OPS_LISTEN: string
}

async function addresses(): Promise<Addresses> {
  const [portal, verify, ops] = await Promise.all([freePort(), freePort(), freePort()])
  return {
    POSTERN_LISTEN: `127.0.0.1:${portal}`,
    POSTERN_VERIFY_LISTEN: `127.0.0.1:${verify}`,
    POSTERN_OPS_LISTEN: `127.0.0.1:${ops}`,
  }
}

/** The setting by which whole suites run with the express lane off; none unless `POSTERN_TEST_EXPRESS_LANE` is set. */
export function laneSetting(): PosternEnv {
  const { POSTERN_TEST_EXPRESS_LANE: lane = '' } = process.env
  return lane === '' ? {} : { POSTERN_EXPRESS_LANE: lane }
}

function inherited(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' }
}

async function untilReady(child: ChildProcess, opsListen: string, logs: () => string): Promise<void> {
  const deadline = performance.now() + START_DEADLINE_MS
  while (!(await isReady(opsListen))) {
    if (hasEnded(child)) throw new Error(`postern ended with ${child.exitCode ?? child.signalCode}: ${logs()}`)
    if (performance.now() > deadline) throw new Error(`postern was not ready in ${START_DEADLINE_MS} ms: ${logs()}`)
    await delay(25)
  }
}

async function isReady(opsListen: string): Promise<boolean> {
  try {
    const answer = await fetch(`http://${opsListen}/health`, { signal: AbortSignal.timeout(2000) })
    await answer.body?.cancel()
    return answer.status === 200
  } catch {
    return false
  }
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (hasEnded(child)) return child.exitCode
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS)
  await exit
  clearTimeout(overdue)
  return child.exitCode
}

async function kill(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}
