import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { READ_CHANGES } from '../../src/store/changes-table.ts'
import { outlastTheGrace, revokeWhatIsKnown, revokeWhatIsRead } from './plays.ts'
import { assertKept, sceneIn } from './scene.ts'
import type { Scene } from './scene.ts'
import { startWorld } from './world.ts'
import type { World } from './world.ts'

/** Time for calls to arrive. */
const ARRIVE_MS = 50
const LISTENING = 'postern bell'

suite('revocations among several processes', { timeout: 90_000 }, () => {
  let world: World
  const closers: (() => Promise<void>)[] = []
  before(async () => {
    world = await startWorld({ after: (close) => void closers.unshift(close) }, SCENERY)
  })
  after(async () => {
    for (const close of closers) await close()
  })

  const scenes: readonly [what: string, play: (scene: Scene) => Promise<void>][] = [
    ['one process ends what another knows', revokeWhatIsKnown],
    ['a read is under way and others have joined it', revokeWhatIsRead],
    ['a process is cut off for longer than its grace', outlastTheGrace],
    ['who revokes is cut off from Redis while others have it there', revokeWithoutRedis],
    ['a process starts after the revocation', startAfterRevocation],
    ['a process was stopped, and asked before it went on', revokeWhileStopped],
    ['a process was stopped while it read changes', revokeWhileReadingChanges],
    ['a process no longer hears the bell', revokeWithoutBell],
  ]
  for (const [what, play] of scenes) {
    test(`nobody gets in who is out: ${what}`, async (t) => {
      const scene = sceneIn(t, world)
      await play(scene)
      assertKept(scene)
    })
  }

  test('a policy that denies reaches a process that no longer hears the bell', async (t) => {
    const scene = sceneIn(t, world)
    const deaf = scene.gateway(1)
    const signedIn = await scene.knownTo('user0', [deaf])
    assert.equal(await scene.verify(deaf, { ...signedIn, path: '/gate' }), 200)
    deaf.postgres.strand(LISTENING)
    assert.equal(await scene.applyPolicy(true), 200)
    await scene.pastBound()
    assert.equal(await scene.verify(deaf, { ...signedIn, path: '/gate' }), 403)
    assert.equal(await scene.applyPolicy(false), 200)
    assertKept(scene)
  })
})

const SCENERY = { store: 'shared', processes: 3, users: 1, graceMs: 3_000 } as const

async function revokeWithoutRedis(scene: Scene): Promise<void> {
  const { gateways } = scene.world
  const [first, ...others] = [scene.gateway(0), ...gateways.slice(1)]
  const signedIn = await scene.knownTo('user0', gateways)
  const heal = await scene.begin('cut_redis', 0)
  assert.equal(await scene.signOut(first, signedIn), 200)
  await scene.pastBound()
  for (const other of others) assert.equal(await scene.verify(other, signedIn), 401)
  await heal()
}

async function startAfterRevocation(scene: Scene): Promise<void> {
  const [first, other] = [scene.gateway(0), scene.gateway(1)]
  const signedIn = await scene.knownTo('user0', [first])
  assert.match(scene.world.redis.run(['dbsize']), /^[1-9]/)
  const startAgain = await scene.begin('kill', 1)
  await scene.signOut(first, signedIn)
  await startAgain()
  assert.equal(await scene.verify(other, signedIn), 401)
}

async function revokeWhileStopped(scene: Scene): Promise<void> {
  const [first, other] = [scene.gateway(0), scene.gateway(1)]
  const signedIn = await scene.knownTo('user0', [first, other])
  const goOn = await scene.begin('stop_process', 1)
  await scene.signOut(first, signedIn)
  await scene.pastBound()
  const asked = Array.from({ length: 5 }, () => scene.verify(other, signedIn))
  await delay(ARRIVE_MS)
  await goOn()
  for (const status of await Promise.all(asked)) assert.notEqual(status, 200)
}

/** Once it goes on, the read is over its time before the answer, which is there, can be seen. */
async function revokeWhileReadingChanges(scene: Scene): Promise<void> {
  const [first, other] = [scene.gateway(0), scene.gateway(1)]
  const signedIn = await scene.knownTo('user0', [first, other])
  const held = other.postgres.holdAnswers(READ_CHANGES.name)
  await held.reached
  const goOn = await scene.begin('stop_process', 1)
  held.release()
  await scene.signOut(first, signedIn)
  await scene.pastBound()
  const asked = Array.from({ length: 5 }, () => scene.verify(other, signedIn))
  await delay(ARRIVE_MS)
  await goOn()
  for (const status of await Promise.all(asked)) assert.notEqual(status, 200)
}

async function revokeWithoutBell(scene: Scene): Promise<void> {
  const [first, other] = [scene.gateway(0), scene.gateway(2)]
  const signedIn = await scene.knownTo('user0', [first, other])
  other.postgres.strand(LISTENING)
  await scene.signOut(first, signedIn)
  await scene.pastBound()
  assert.equal(await scene.verify(other, signedIn), 401)
}
