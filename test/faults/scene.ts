import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cleanup } from '../support/directories.ts'
import { createCalls } from './calls.ts'
import type { Calls, SignedIn } from './calls.ts'
import { checkHistory } from './checker.ts'
import type { Rule, Violation } from './checker.ts'
import type { Gateway } from './gateway.ts'
import { createRecorder } from './history.ts'
import type { Recorder } from './history.ts'
import { inject } from './inject.ts'
import { describeViolations } from './report.ts'
import { BOUND_MS, promisesOf } from './run.ts'
import type { FaultKind } from './schedule.ts'
import { watchStalls } from './stalls.ts'
import { startWorld } from './world.ts'
import type { World, WorldOptions } from './world.ts'

/** A world in which one thing after another happens, and a history of it. */
export interface Scene extends Calls {
  readonly world: World
  readonly recorder: Recorder
  /** The process of this index. */
  gateway(index: number): Gateway
  /** A sign-in that all these processes know afterwards. */
  knownTo(login: string, gateways: readonly Gateway[]): Promise<SignedIn>
  /** Begins a fault, which ends when the function that it gives is called. */
  begin(fault: FaultKind, target: number | null): Promise<() => Promise<void>>
  /** Waits until what is promised to hold by now must hold. */
  pastBound(): Promise<void>
  /** What was broken of the promises that a scene can tell about: all but those about the end. */
  violations(): Violation[]
}

const MARGIN_MS = 150
const ABOUT_THE_END: ReadonlySet<Rule> = new Set(['lost', 'end'])

/** Starts a world for a scene. */
export async function openScene(t: Cleanup, options: WorldOptions): Promise<Scene> {
  const world = await startWorld(t, options)
  return sceneIn(t, world)
}

/** Another scene, with a history of its own, in a world that is there. */
export function sceneIn(t: Cleanup, world: World): Scene {
  const recorder = createRecorder()
  const calls = createCalls(world, recorder)
  const ending = new AbortController()
  const stalls = watchStalls(world.gateways, recorder, ending.signal)
  t.after(async () => {
    ending.abort()
    await stalls
  })
  return {
    ...calls,
    world,
    recorder,
    gateway: (index) => gatewayOf(world, index),
    async knownTo(login, gateways) {
      const signedIn = await calls.signIn(gatewayOf(world, 0), login)
      assert.ok(signedIn)
      for (const gateway of gateways) assert.equal(await calls.verify(gateway, signedIn), 200)
      return signedIn
    },
    begin: (fault, target) => begin(world, recorder, fault, target),
    pastBound: () => delay(BOUND_MS + MARGIN_MS),
    violations: () => checkHistory(recorder, promisesOf(world)).filter(({ rule }) => !ABOUT_THE_END.has(rule)),
  }
}

/** Fails with all that is to be told of what was broken. */
export function assertKept(scene: Scene): void {
  const violations = scene.violations()
  assert.equal(violations.length, 0, describeViolations(violations, 'run this test').join('\n'))
}

function gatewayOf({ gateways }: World, index: number): Gateway {
  const gateway = gateways[index]
  assert.ok(gateway)
  return gateway
}

async function begin(
  world: World,
  recorder: Recorder,
  fault: FaultKind,
  target: number | null,
): Promise<() => Promise<void>> {
  const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const wait = (): Promise<void> => {
    begun.resolve()
    return ended.promise
  }
  const planned = { at: 0, lasts: 0, fault, target, delayMs: 0 }
  const done = inject(world, planned, { recorder, tell: () => undefined }, wait)
  await Promise.race([begun.promise, done])
  return async () => {
    ended.resolve()
    await done
  }
}
