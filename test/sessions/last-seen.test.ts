import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { createLastSeen } from '../../src/sessions/last-seen.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase } from '../support/database.ts'
import { MOVE, READ_SIGN_IN, sessionsOver, signIn, watch } from './fixture.ts'

const HOUR_MS = 3_600_000
const LOCK_ROW = statement<[id: string]>('lock_row', `select id from auth.sessions where id = $1 for update`)

suite('the last use of sign-ins', async () => {
  const { database } = await openTestDatabase({ after })
  const sessions = await sessionsOver(database)

  /** A sign-in that was last used five hours ago, as far as the database knows. */
  async function idleSignIn(): Promise<string> {
    const { signInId } = (await signIn(sessions, database)).principal
    await database.query(MOVE, signInId, '-5 h', null)
    return signInId
  }

  async function idleHours(signInId: string): Promise<number> {
    const [row] = await database.query(READ_SIGN_IN, signInId)
    return Math.round(((row?.idle_s ?? Number.NaN) / 3_600) * 100) / 100
  }

  test('use of any number of sign-ins is written by one statement, each with its own time', async () => {
    const [first, second] = [await idleSignIn(), await idleSignIn()]
    const clock = { now: 0 }
    const watched = watch(database)
    const lastSeen = createLastSeen(watched, () => clock.now)
    lastSeen.note(first)
    lastSeen.note(second)
    clock.now += HOUR_MS
    lastSeen.note(second)
    clock.now += HOUR_MS
    await lastSeen.flush()
    assert.deepEqual([await idleHours(first), await idleHours(second)], [2, 1])
    assert.equal(watched.asked.length, 1)
  })

  test('nothing is written when nothing was used', async () => {
    const watched = watch(database)
    const lastSeen = createLastSeen(watched, () => 0)
    await lastSeen.flush()
    lastSeen.note(await idleSignIn())
    await lastSeen.flush()
    await lastSeen.flush()
    assert.equal(watched.asked.length, 1)
  })

  test('what can not be written is kept for the next time, and newer use wins', async () => {
    const [first, second] = [await idleSignIn(), await idleSignIn()]
    const clock = { now: 0 }
    const watched = watch(database)
    const lastSeen = createLastSeen(watched, () => clock.now)
    lastSeen.note(first)
    lastSeen.note(second)
    watched.failure = new Error('no database')
    await assert.rejects(lastSeen.flush(), /no database/)
    clock.now += HOUR_MS
    lastSeen.note(second)
    await assert.rejects(lastSeen.flush(), /no database/)
    watched.failure = null
    await lastSeen.flush()
    assert.deepEqual([await idleHours(first), await idleHours(second)], [1, 0])
  })

  test('use that is noted while a failing flush is under way is not lost and not overwritten', async () => {
    const signInId = await idleSignIn()
    const clock = { now: 0 }
    const watched = watch(database)
    const lastSeen = createLastSeen(watched, () => clock.now)
    lastSeen.note(signInId)
    watched.failure = new Error('no database')
    const flushing = lastSeen.flush()
    clock.now += HOUR_MS
    lastSeen.note(signInId)
    await assert.rejects(flushing, /no database/)
    watched.failure = null
    await lastSeen.flush()
    assert.equal(await idleHours(signInId), 0)
  })

  test('a row that somebody else holds is passed over without waiting, and written by the next flush', async () => {
    const [held, free] = [await idleSignIn(), await idleSignIn()]
    const clock = { now: 0 }
    const lastSeen = createLastSeen(database, () => clock.now)
    lastSeen.note(held)
    lastSeen.note(free)
    clock.now += HOUR_MS
    await database.transaction(async (tx) => {
      await tx.query(LOCK_ROW, held)
      await lastSeen.flush()
      assert.deepEqual([await idleHours(held), await idleHours(free)], [5, 1])
    })
    clock.now += HOUR_MS
    await lastSeen.flush()
    assert.deepEqual([await idleHours(held), await idleHours(free)], [2, 1])
  })

  test('a row that was passed over keeps the newest use, and what has ended meanwhile is given up', async () => {
    const [held, ended] = [await idleSignIn(), await idleSignIn()]
    const clock = { now: 0 }
    const watched = watch(database)
    const lastSeen = createLastSeen(watched, () => clock.now)
    lastSeen.note(held)
    lastSeen.note(ended)
    await database.transaction(async (tx) => {
      await tx.query(LOCK_ROW, held)
      await tx.query(LOCK_ROW, ended)
      await lastSeen.flush()
    })
    await sessions.end(ended, 'revoked')
    clock.now += HOUR_MS
    lastSeen.note(held)
    await lastSeen.flush()
    await lastSeen.flush()
    assert.deepEqual([await idleHours(held), await idleHours(ended)], [0, 5])
    assert.equal(watched.asked.length, 2)
  })

  test('late news of old use never moves the last use back', async () => {
    const signInId = (await signIn(sessions, database)).principal.signInId
    const clock = { now: 0 }
    const lastSeen = createLastSeen(database, () => clock.now)
    lastSeen.note(signInId)
    clock.now += 3 * HOUR_MS
    await lastSeen.flush()
    assert.equal(await idleHours(signInId), 0)
  })

  test('CACHE-10: a flush that comes after the end brings no sign-in back', async () => {
    const { token, principal } = await signIn(sessions, database)
    await database.query(MOVE, principal.signInId, '-5 h', null)
    await sessions.end(principal.signInId, 'signed_out')
    await sessions.flush()
    const [row] = await database.query(READ_SIGN_IN, principal.signInId)
    assert.deepEqual([row?.ended, await idleHours(principal.signInId)], [true, 5])
    assert.equal(await sessions.whoHas(token, null), null)
  })

  test('CACHE-10: flushes that race the end of sign-ins bring none back', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, () => signIn(sessions, database)))
    for (const { token } of people) void sessions.whoHas(token, null)
    const ends = people.map(({ principal }) => sessions.end(principal.signInId, 'revoked'))
    await Promise.all([sessions.flush(), ...ends, sessions.flush()])
    assert.deepEqual(
      await Promise.all(people.map(async ({ token }) => sessions.whoHas(token, null))),
      people.map(() => null),
    )
  })

  test('finding a sign-in counts as use, from memory as well as from the database', async () => {
    const { token, principal } = await signIn(sessions, database)
    await sessions.flush()
    for (const look of [
      () => sessions.whoHas(token, null),
      () => (sessions.forgetAll(), sessions.whoHas(token, null)),
    ]) {
      await database.query(MOVE, principal.signInId, '-5 h', null)
      await look()
      await sessions.flush()
      assert.equal(await idleHours(principal.signInId), 0)
    }
  })
})
