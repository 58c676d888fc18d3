import { setTimeout as delay } from 'node:timers/promises'
import { createCalls } from './calls.ts'
import type { Calls, SignedIn } from './calls.ts'
import type { Promises } from './checker.ts'
import { startClients } from './clients.ts'
import { createRecorder } from './history.ts'
import type { History } from './history.ts'
import { injectAll } from './inject.ts'
import type { PlannedFault } from './schedule.ts'
import { watchStalls } from './stalls.ts'
import type { World } from './world.ts'

/** The bound of DESIGN 5 on small machines. */
export const BOUND_MS = 2_000
const RECOVERY_MS = 2_500
const SETTLE_MS = 3_000

export interface RunOptions {
  readonly planned: readonly PlannedFault[]
  /** How long clients are busy. */
  readonly lastsMs: number
  readonly seed: number
  /** Told how it goes, for people. */
  readonly tell: (line: string) => void
}

/** What a world promises. */
export function promisesOf(world: World): Promises {
  return { processes: world.gateways.length, graceMs: world.graceMs, boundMs: BOUND_MS, recoveryMs: RECOVERY_MS }
}

/** Lets clients use a world while faults come upon it; then asks everywhere for everybody who should be in. */
export async function run(world: World, { planned, lastsMs, seed, tell }: RunOptions): Promise<History> {
  const recorder = createRecorder()
  const calls = createCalls(world, recorder)
  const ending = new AbortController()
  const stalls = watchStalls(world.gateways, recorder, ending.signal)
  const clients = await startClients(world, calls, seed)
  const startedAt = performance.now()
  const sinceStart = (): string => `${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s`
  const count = setInterval(() => tell(`${sinceStart()}  ${recorder.calls.length} calls`), 10_000)
  const injection = { recorder, tell: (line: string) => tell(`${sinceStart()}  ${line}`) }
  await Promise.all([injectAll(world, planned, injection), delay(lastsMs)])
  await delay(Math.max(0, startedAt + lastsMs - performance.now()))
  await clients.stop()
  await delay(SETTLE_MS)
  await askForAll(world, calls, clients.live)
  clearInterval(count)
  ending.abort()
  await stalls
  return recorder
}

async function askForAll(world: World, calls: Calls, live: readonly SignedIn[]): Promise<void> {
  for (const gateway of world.gateways) {
    for (const signedIn of live) await calls.verify(gateway, { ...signedIn, atEnd: true })
    await calls.health(gateway)
  }
}
