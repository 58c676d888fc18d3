import { setTimeout as delay } from 'node:timers/promises'
import { FIND_PRINCIPAL } from '../../src/sessions/sessions-table.ts'
import type { Scene } from './scene.ts'

/** Time for calls to arrive. */
const JOIN_MS = 20

/** Two processes know a sign-in; one ends it, and the other is asked once the bound is over. */
export async function revokeWhatIsKnown(scene: Scene): Promise<void> {
  const [first, other] = [scene.gateway(0), scene.gateway(1)]
  const signedIn = await scene.knownTo('user0', [first, other])
  await scene.signOut(first, signedIn)
  await scene.pastBound()
  await scene.verify(other, signedIn)
}

/** A sign-in ends while a process reads it; others ask for it and join that read. */
export async function revokeWhatIsRead(scene: Scene): Promise<void> {
  const [first, other] = [scene.gateway(0), scene.gateway(1)]
  const signedIn = await scene.knownTo('user0', [])
  scene.world.redis.run(['flushall'])
  const held = other.postgres.holdAnswers(FIND_PRINCIPAL.name)
  const reading = scene.verify(other, signedIn)
  await held.reached
  await scene.signOut(first, signedIn)
  const joining = Array.from({ length: 5 }, () => scene.verify(other, signedIn))
  await delay(JOIN_MS)
  held.release()
  await Promise.all([reading, ...joining])
  await scene.pastBound()
  await scene.verify(other, signedIn)
}

/** A sign-in ends while a process that knows it is cut off from PostgreSQL for longer than its grace. */
export async function outlastTheGrace(scene: Scene): Promise<void> {
  const [first, other] = [scene.gateway(0), scene.gateway(1)]
  const signedIn = await scene.knownTo('user0', [first, other])
  const heal = await scene.begin('cut_postgres', 1)
  await scene.signOut(first, signedIn)
  await scene.pastBound()
  await delay(scene.world.graceMs)
  await scene.verify(other, signedIn)
  await heal()
}
