import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { mintToken } from '../../src/lib/tokens.ts'
import type { Sessions } from '../../src/sessions/sessions.ts'
import * as users from '../../src/users/users.ts'
import { key, ringOf } from '../lib/rings.ts'
import { openTestDatabase } from '../support/database.ts'
import { keys, MOVE, sessionsOver, signIn, watch } from './fixture.ts'
import type { SignedIn, WatchedDatabase } from './fixture.ts'

suite('the reader of principals', { timeout: 30_000 }, async () => {
  const { database } = await openTestDatabase({ after })

  interface Watched {
    readonly watched: WatchedDatabase
    readonly sessions: Sessions
    readonly person: SignedIn
  }

  /** Sessions that know somebody, over a database that was asked nothing yet. */
  async function warm(): Promise<Watched> {
    const watched = watch(database)
    const sessions = sessionsOver(watched)
    const person = await signIn(sessions, watched)
    watched.asked.length = 0
    return { watched, sessions, person }
  }

  /** As `warm`, but with an empty memory. */
  async function cold(): Promise<Watched> {
    const parts = await warm()
    parts.sessions.forgetAll()
    return parts
  }

  test('a token that memory knows is answered at once, without a promise and without a query', async () => {
    const { watched, sessions, person } = await warm()
    for (let ask = 0; ask < 100; ask++) assert.equal(sessions.find(person.token), person.principal)
    assert.deepEqual([watched.asked.length, sessions.cachedCount], [0, 1])
  })

  test('COOK-02: a token that we did not make is refused at once, without a query', async () => {
    const { watched, sessions, person } = await cold()
    const foreign = [mintToken(ringOf(key(1)), 'portal'), mintToken(keys, 'app'), mintToken(keys, 'invite')]
    const broken = ['', 'x'.repeat(10_000), person.token.slice(1), `${person.token} `, person.token.toUpperCase()]
    for (const token of [...foreign, ...broken]) assert.equal(sessions.find(token), null)
    assert.equal(watched.asked.length, 0)
  })

  test('a token of ours that nobody has is looked up each time, and never kept', async () => {
    const { watched, sessions } = await cold()
    const token = mintToken(keys, 'portal')
    assert.deepEqual([await sessions.find(token), await sessions.find(token)], [null, null])
    assert.deepEqual([watched.asked.length, sessions.cachedCount], [2, 0])
  })

  test('fifty who ask for one token at once share one query', async () => {
    const { watched, sessions, person } = await cold()
    const answers = await Promise.all(Array.from({ length: 50 }, async () => sessions.find(person.token)))
    assert.deepEqual(new Set(answers.map((answer) => answer?.signInId)), new Set([person.principal.signInId]))
    assert.equal(watched.asked.length, 1)
  })

  test('a query that fails is told to all who shared it, and the next asks anew', async () => {
    const { watched, sessions, person } = await cold()
    watched.failure = new Error('no database')
    const asked = Array.from({ length: 3 }, () => Promise.resolve(sessions.find(person.token)))
    for (const each of asked) await assert.rejects(each, /no database/)
    assert.equal(watched.asked.length, 1)
    watched.failure = null
    assert.equal((await sessions.find(person.token))?.login, person.login)
  })

  const revocations: readonly [what: string, revoke: (parts: Watched) => Promise<unknown>][] = [
    [
      'its sign-in ends',
      ({ watched, sessions, person }) => sessions.end(watched, person.principal.signInId, 'revoked'),
    ],
    ['all of the user ends', ({ watched, sessions, person }) => sessions.endAllOf(watched, person.login, 'revoked')],
    [
      'the user is disabled and all is forgotten',
      async ({ sessions, person }) => {
        await users.disableUser(database, person.login)
        sessions.forgetAll()
      },
    ],
  ]
  for (const [what, revoke] of revocations) {
    test(`CACHE-10: what was read before ${what} is not kept, and who asks afterwards does not get it`, async () => {
      const parts = await cold()
      const { watched, sessions, person } = parts
      const held = watched.hold()
      const early = sessions.find(person.token)
      await held.reached
      const revoking = revoke({ ...parts, watched: watch(database) })
      await revoking
      const late = sessions.find(person.token)
      held.release()
      assert.equal(await late, null)
      await early
      assert.equal(await sessions.find(person.token), null)
      assert.equal(sessions.cachedCount, 0)
    })
  }

  test('a read that was overtaken by a change does not break the sharing of the one after it', async () => {
    const { watched, sessions, person } = await cold()
    const first = watched.hold()
    const early = sessions.find(person.token)
    await first.reached
    sessions.forgetAll()
    const second = watched.hold()
    const late = sessions.find(person.token)
    await second.reached
    first.release()
    await early
    const joined = sessions.find(person.token)
    second.release()
    assert.deepEqual([await joined, watched.asked.length], [await late, 2])
  })

  test('the end of one sign-in leaves what memory knows of others', async () => {
    const { watched, sessions, person } = await warm()
    const other = await signIn(sessions, watched)
    await sessions.end(watched, person.principal.signInId, 'signed_out')
    assert.equal(sessions.find(other.token), other.principal)
  })

  test('memory does not outlive the absolute end of a sign-in', async (t) => {
    const { sessions, person } = await warm()
    t.mock.timers.enable({ apis: ['Date'], now: person.principal.absoluteExpiresAt - 1 })
    assert.equal(sessions.find(person.token), person.principal)
    t.mock.timers.tick(1)
    assert.equal(await sessions.find(person.token), null)
  })

  test('memory lives two seconds, counted from before the read, so what others revoke is seen by then', async (t) => {
    const { watched, sessions, person } = await cold()
    const clock = { now: performance.now() }
    t.mock.method(performance, 'now', () => clock.now)
    const held = watched.hold()
    const reading = sessions.find(person.token)
    await held.reached
    clock.now += 1_500
    held.release()
    const principal = await reading
    assert.equal(sessions.find(person.token), principal)
    await database.query(MOVE, person.principal.signInId, null, '-1 s')
    clock.now += 600
    await untilLruLooksAtItsClock()
    assert.equal(await sessions.find(person.token), null)
  })
})

/** The library asks for the time once a millisecond at most. */
async function untilLruLooksAtItsClock(): Promise<void> {
  const until = process.hrtime.bigint() + 5_000_000n
  while (process.hrtime.bigint() < until) await turn()
}
