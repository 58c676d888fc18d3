import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { IS_LONG } from '../support/long.ts'
import { until } from '../support/until.ts'
import type { SignedIn } from './calls.ts'
import type { SignInCall, VerifyCall } from './history.ts'
import { assertKept, sceneIn } from './scene.ts'
import type { Scene } from './scene.ts'
import { startWorld } from './world.ts'
import type { World } from './world.ts'

/** How long PostgreSQL stands still; the grace is twice that. */
const STOPPED_MS = IS_LONG ? 30_000 : 3_000
const RECOVERY_MS = 5_000
const AT_ONCE_MS = 2_000
const PAUSE_MS = 10
const CLIENTS = 4

suite('outages under load', { timeout: 180_000 }, () => {
  let world: World
  const closers: (() => Promise<void>)[] = []
  before(async () => {
    const scenery = { store: 'replicated', processes: 2, users: 6, graceMs: 2 * STOPPED_MS } as const
    world = await startWorld({ after: (close) => void closers.unshift(close) }, scenery)
  })
  after(async () => {
    for (const close of closers) await close()
  })

  test('while PostgreSQL stands still who is signed in notices nothing, and nobody new gets in', async (t) => {
    const scene = sceneIn(t, world)
    const load = await startLoad(scene)
    const goOn = await scene.begin('stop_postgres', null)
    const stoppedAt = performance.now()
    const stranger = scene.signIn(scene.gateway(0), 'user0')
    await delay(STOPPED_MS)
    const goneOnAt = performance.now()
    await goOn()
    await stranger
    await until('somebody new gets in', RECOVERY_MS, () => scene.signIn(scene.gateway(0), 'user0'))
    const answers = await load.stop()
    const early = signInsBefore(scene, goneOnAt).filter(({ sentAt }) => sentAt > stoppedAt)
    assert.ok(early.every(({ status }) => status === 503))
    assert.ok(!IS_LONG || early.length > 0)
    assertKept(scene)
    tellTimes(t, answers)
  })

  test('while there is no PostgreSQL whoever signs in is told so at once', async (t) => {
    const scene = sceneIn(t, world)
    const person = await scene.knownTo('user3', world.gateways)
    const startAgain = await scene.begin('kill_postgres', null)
    const gone = performance.now()
    for (const gateway of world.gateways) {
      assert.equal(await scene.signIn(gateway, 'user0'), null)
      assert.equal(await scene.verify(gateway, person), 200)
    }
    const tookMs = performance.now() - gone
    await startAgain()
    assert.deepEqual(
      signInsBefore(scene, gone + tookMs).map(({ status }) => status),
      [200, 503, 503],
    )
    assert.ok(tookMs < AT_ONCE_MS, `${tookMs} ms`)
    await until('somebody new gets in', RECOVERY_MS, () => scene.signIn(scene.gateway(0), 'user0'))
    assertKept(scene)
  })

  test('while Redis stands still nobody is refused', async (t) => {
    const scene = sceneIn(t, world)
    const load = await startLoad(scene)
    const goOn = await scene.begin('stop_redis', null)
    const signedIn = await scene.signIn(scene.gateway(0), 'user1')
    assert.ok(signedIn)
    for (const gateway of world.gateways) assert.equal(await scene.verify(gateway, signedIn), 200)
    await delay(1_000)
    await goOn()
    const answers = await load.stop()
    assertKept(scene)
    tellTimes(t, answers)
  })

  test('nothing that was acknowledged is lost when the standby takes over', async (t) => {
    const scene = sceneIn(t, world)
    const [first, other] = [scene.gateway(0), scene.gateway(1)]
    const busy = keepSigningIn(scene)
    await until('some signed in', 20_000, () => busy.kept.length > 3 && busy.ended.length > 3)
    const healed = await scene.begin('promote', null)
    await healed()
    const before = busy.kept.length
    await until('others sign in', 20_000, () => busy.kept.length > before + 1)
    await busy.stop()
    await scene.pastBound()
    for (const gateway of [first, other]) {
      for (const signedIn of busy.kept) assert.equal(await scene.verify(gateway, signedIn), 200)
      for (const signedIn of busy.ended) assert.equal(await scene.verify(gateway, signedIn), 401)
    }
    assertKept(scene)
    t.diagnostic(`${busy.kept.length} signed in, ${busy.ended.length} signed out`)
  })
})

/** People who are signed in on all processes and open pages without end. */
async function startLoad(scene: Scene): Promise<{ stop(): Promise<VerifyCall[]> }> {
  const { gateways, users } = scene.world
  const people = await Promise.all(users.map((login) => scene.knownTo(login, gateways)))
  const stopping = new AbortController()
  const from = scene.recorder.calls.length
  const client = async (): Promise<void> => {
    for (let turn = 0; !stopping.signal.aborted; turn++) {
      const person = people[turn % people.length]
      if (person !== undefined) await Promise.all(gateways.map((gateway) => scene.verify(gateway, person)))
      await delay(PAUSE_MS)
    }
  }
  const clients = Array.from({ length: CLIENTS }, client)
  return {
    async stop() {
      stopping.abort()
      await Promise.all(clients)
      return scene.recorder.calls.slice(from).filter((call) => call.kind === 'verify')
    },
  }
}

/** People who sign in, and every other of them out again. */
function keepSigningIn(scene: Scene): { kept: SignedIn[]; ended: SignedIn[]; stop(): Promise<void> } {
  const [kept, ended]: [SignedIn[], SignedIn[]] = [[], []]
  const stopping = new AbortController()
  const client = async (): Promise<void> => {
    for (let turn = 0; !stopping.signal.aborted; turn++) {
      const gateway = scene.gateway(turn % 2)
      const signedIn = await scene.signIn(gateway, 'user2')
      if (signedIn === null) await delay(PAUSE_MS)
      else if (turn % 4 < 2) kept.push(signedIn)
      else if ((await scene.signOut(gateway, signedIn)) === 200) ended.push(signedIn)
    }
  }
  const busy = client()
  return {
    kept,
    ended,
    async stop() {
      stopping.abort()
      await busy
    },
  }
}

function signInsBefore({ recorder }: Scene, time: number): SignInCall[] {
  return recorder.calls.filter((call) => call.kind === 'sign_in').filter(({ receivedAt }) => receivedAt < time)
}

function tellTimes(t: TestContext, answers: readonly VerifyCall[]): void {
  const times = answers.map(({ sentAt, receivedAt }) => receivedAt - sentAt).sort((one, other) => one - other)
  const at = (share: number): string => (times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(1)
  const errors = answers.filter(({ status }) => status !== 200).length
  t.diagnostic(`${times.length} verify calls, ${errors} not a 200; p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} ms`)
}
