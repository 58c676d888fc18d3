import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { PosternError } from '../../src/errors.ts'
import type { Key, KeyRing } from '../../src/lib/key-ring.ts'
import { key, ringOf } from '../lib/rings.ts'
import { openTestDatabase } from '../support/database.ts'
import { sessionsOver, signIn, watch } from './fixture.ts'

const [OLD, NEW] = [key(1), key(2)]

suite('sign-ins while keys change', { timeout: 30_000 }, async () => {
  const { database } = await openTestDatabase({ after })

  test('a token of a key that is not known yet counts once the keys were read', async () => {
    const person = await signIn(await sessionsOver(database, { ring: ringOf(NEW) }), database)
    const ring = new ChangingRing(OLD)
    const sessions = await sessionsOver(database, { ring })
    ring.answer = async () => ring.put(OLD, NEW)
    assert.deepEqual(await sessions.whoHas(person.token, null), person.principal)
    assert.equal(ring.asked, 1)
  })

  test('one of a key that there is not is refused, without a promise where the keys were read just now', async () => {
    const person = await signIn(await sessionsOver(database, { ring: ringOf(NEW) }), database)
    const ring = new ChangingRing(OLD)
    const watched = watch(database)
    const sessions = await sessionsOver(watched, { ring, changesFrom: database })
    ring.answer = async () => undefined
    assert.equal(await sessions.whoHas(person.token, null), null)
    ring.answer = null
    assert.equal(sessions.find(person.token, null), null)
    assert.equal(watched.asked.length, 0)
  })

  test('one of a key that can not be looked for is a fault, and nobody is told that he is signed out', async () => {
    const person = await signIn(await sessionsOver(database, { ring: ringOf(NEW) }), database)
    const ring = new ChangingRing(OLD)
    const sessions = await sessionsOver(database, { ring })
    ring.answer = () => Promise.reject(new PosternError('store_unavailable'))
    await assert.rejects(Promise.resolve(sessions.find(person.token, null)), { code: 'store_unavailable' })
  })

  test('a key that ends while a read is under way takes its answer with it, from memory too', async () => {
    const ring = new ChangingRing(OLD)
    const watched = watch(database)
    const sessions = await sessionsOver(watched, { ring, changesFrom: database })
    const person = await signIn(sessions, database)
    sessions.forgetAll()
    const held = watched.hold()
    const found = Promise.resolve(sessions.find(person.token, null))
    await held.reached
    ring.put(NEW)
    held.release()
    assert.deepEqual(await found, { principal: null, tier: 'l3' })
    assert.equal(sessions.cachedCount, 0)
    assert.equal(sessions.find(person.token, null), null)
  })
})

/** As of a running program. */
class ChangingRing implements KeyRing {
  minting: Key
  byId: ReadonlyMap<number, Key>
  asked = 0
  /** What a read of the keys does; null where they were read just now. */
  answer: (() => Promise<void>) | null = null

  constructor(...keys: [Key, ...Key[]]) {
    this.minting = keys[0]
    this.byId = new Map(keys.map((each) => [each.id, each]))
  }

  put(...keys: [Key, ...Key[]]): void {
    this.minting = keys[0]
    this.byId = new Map(keys.map((each) => [each.id, each]))
  }

  learn(): Promise<void> | null {
    this.asked++
    return this.answer?.() ?? null
  }
}
