import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { PosternError } from '../../src/errors.ts'
import { mintToken } from '../../src/lib/tokens.ts'
import { watchOutage } from '../../src/sessions/outage.ts'
import { createPrincipalReader } from '../../src/sessions/principal-reader.ts'
import { NO_SHARED_PRINCIPALS } from '../../src/sessions/shared-principals.ts'
import { createKnownChanges } from '../../src/store/known-changes.ts'
import { statement } from '../../src/store/statement.ts'
import * as users from '../../src/users/users.ts'
import { key, ringOf } from '../lib/rings.ts'
import { openTestDatabase } from '../support/database.ts'
import { keys, MOVE, sessionsOver, signIn, watch } from './fixture.ts'
import type { SignedIn, TestSessions, WatchedDatabase } from './fixture.ts'

const CHANGES_OF = statement<[id: string], { id: string; xid: string }>(
  'changes_of',
  `select id::text, xid::text from auth.changes where session_id = $1`,
)

suite('the reader of principals', { timeout: 30_000 }, async () => {
  const { database } = await openTestDatabase({ after })

  interface Watched {
    readonly watched: WatchedDatabase
    readonly sessions: TestSessions
    readonly clock: { now: number }
    readonly person: SignedIn
  }

  /** Sessions that know somebody, over a database that was asked nothing yet. */
  async function warm(): Promise<Watched> {
    const watched = watch(database)
    const clock = { now: 0 }
    const sessions = await sessionsOver(watched, { changesFrom: database, now: () => clock.now })
    const person = await signIn(sessions, watched)
    watched.asked.length = 0
    return { watched, sessions, person, clock }
  }

  /** As `warm`, but with an empty memory. */
  async function cold(): Promise<Watched> {
    const parts = await warm()
    parts.sessions.forgetAll()
    return parts
  }

  test('a token that memory knows is answered at once, without a promise and without a query', async () => {
    const { watched, sessions, person } = await warm()
    for (let ask = 0; ask < 100; ask++) assert.deepEqual(sessions.find(person.token, null), person.principal)
    assert.deepEqual([watched.asked.length, sessions.cachedCount], [0, 1])
  })

  test('COOK-02: a token that we did not make is refused at once, without a query', async () => {
    const { watched, sessions, person } = await cold()
    const foreign = [mintToken(ringOf(key(1)), 'portal'), mintToken(keys, 'app'), mintToken(keys, 'invite')]
    const broken = ['', 'x'.repeat(10_000), person.token.slice(1), `${person.token} `, person.token.toUpperCase()]
    for (const token of [...foreign, ...broken]) assert.equal(sessions.find(token, null), null)
    assert.equal(watched.asked.length, 0)
  })

  test('a token of ours that nobody has is looked up once, and takes the place of nobody', async () => {
    const { watched, sessions } = await cold()
    const token = mintToken(keys, 'portal')
    assert.deepEqual([await sessions.whoHas(token, null), await sessions.whoHas(token, null)], [null, null])
    assert.deepEqual([watched.asked.length, sessions.cachedCount], [1, 0])
  })

  test('fifty who ask for one token at once share one query', async () => {
    const { watched, sessions, person } = await cold()
    const answers = await Promise.all(Array.from({ length: 50 }, () => sessions.whoHas(person.token, null)))
    assert.deepEqual(new Set(answers.map((answer) => answer?.signInId)), new Set([person.principal.signInId]))
    assert.equal(watched.asked.length, 1)
  })

  test('a query that fails is told to all who shared it, and the next asks anew', async () => {
    const { watched, sessions, person } = await cold()
    watched.failure = new Error('no database')
    const asked = Array.from({ length: 3 }, () => sessions.whoHas(person.token, null))
    for (const each of asked) await assert.rejects(each, /no database/)
    assert.equal(watched.asked.length, 1)
    watched.failure = null
    assert.equal((await sessions.whoHas(person.token, null))?.login, person.login)
  })

  const revocations: readonly [what: string, revoke: (parts: Watched) => Promise<unknown>][] = [
    ['its sign-in ends', ({ sessions, person }) => sessions.end(person.principal.signInId, 'revoked')],
    ['all of the user ends', ({ sessions, person }) => sessions.endAllOf(person.login, 'revoked')],
    [
      'the user is disabled',
      ({ sessions, person }) => sessions.feed.commit(database, (tx) => users.disableUser(tx, person.login)),
    ],
  ]
  for (const [what, revoke] of revocations) {
    test(`CACHE-10: what was read before ${what} is not kept, and who asks afterwards does not get it`, async () => {
      const parts = await cold()
      const { watched, sessions, person } = parts
      const held = watched.hold()
      const early = sessions.whoHas(person.token, null)
      await held.reached
      await revoke(parts)
      const late = sessions.whoHas(person.token, null)
      held.release()
      assert.deepEqual([await early, await late], [null, null])
      assert.deepEqual([watched.asked.length, sessions.cachedCount], [2, 0])
    })
  }

  test('a change that is heard of between two who share a read counts for the second, who is read anew', async () => {
    const { watched, person, sessions } = await cold()
    const { signInId } = person.principal
    const changes = createKnownChanges(0n)
    const isVoid: typeof changes.isVoid = (...asked) => changes.isVoid(...asked)
    const feed = { isFresh: () => true, freshAt: 0, unreachable: false, isVoid }
    const known: { id: string; xid: string }[] = []
    // The first who is answered is told of as in use: at that very moment the change becomes known.
    const onUse = (): void => known.forEach(({ id, xid }) => changes.add({ id, xid: BigInt(xid), names: signInId }, 0))
    const outage = watchOutage(feed, 0, () => 0)
    const tiers = { shared: NO_SHARED_PRINCIPALS, maxEntries: 10 }
    const reader = createPrincipalReader({ database: watched, keys, feed, outage, ...tiers, onUse, now: () => 0 })
    const held = watched.hold()
    const asked = [1, 2].map(async () => reader.find(person.token, null))
    await held.reached
    await sessions.end(signInId, 'revoked')
    known.push(...(await database.query(CHANGES_OF, signInId)))
    watched.asked.length = 0
    held.release()
    assert.deepEqual(await Promise.all(asked), [
      { principal: person.principal, tier: 'l3' },
      { principal: null, tier: 'l3' },
    ])
    assert.equal(watched.asked.length, 1)
  })

  test('this process standing still makes no answer late: the breaker stays closed', async () => {
    const { watched, sessions, person } = await cold()
    for (let pause = 0; pause < 3; pause++) {
      sessions.forgetAll()
      const asked = sessions.whoHas(person.token, null)
      while (watched.asked.length === pause) await Promise.resolve()
      const until = performance.now() + 300
      while (performance.now() < until);
      assert.deepEqual(await asked, person.principal)
    }
    assert.equal(watched.asked.length, 3)
  })

  test('the end of one sign-in leaves what memory knows of others', async () => {
    const { watched, sessions, person } = await warm()
    const other = await signIn(sessions, watched)
    await sessions.end(person.principal.signInId, 'signed_out')
    assert.deepEqual(sessions.find(other.token, null), other.principal)
  })

  test('memory does not outlive the absolute end of a sign-in', async (t) => {
    const { sessions, person } = await warm()
    t.mock.timers.enable({ apis: ['Date'], now: person.principal.absoluteExpiresAt - 1 })
    assert.deepEqual(sessions.find(person.token, null), person.principal)
    t.mock.timers.tick(1)
    assert.equal(await sessions.whoHas(person.token, null), null)
  })

  test('memory lives a minute from the read on, and is then read again', async () => {
    const { watched, sessions, person, clock } = await warm()
    clock.now += 60_000
    assert.deepEqual(sessions.find(person.token, null), person.principal)
    await database.query(MOVE, person.principal.signInId, null, '-1 s')
    clock.now += 1
    assert.equal(await sessions.whoHas(person.token, null), null)
    assert.equal(watched.asked.length, 1)
  })

  test('while the database can not be asked memory goes on beyond its life, and nobody new gets in', async () => {
    const [watched, clock] = [watch(database), { now: 0 }]
    const sessions = await sessionsOver(watched, { now: () => clock.now })
    const person = await signIn(sessions, watched)
    const stranger = await signIn(await sessionsOver(database), database)
    watched.failure = new PosternError('store_unavailable', 'gone')
    await assert.rejects(sessions.feed.read(), { code: 'store_unavailable' })
    clock.now += 60_001
    assert.deepEqual(sessions.find(person.token, null), person.principal)
    await assert.rejects(sessions.whoHas(stranger.token, null), { code: 'store_unavailable' })
  })
})
