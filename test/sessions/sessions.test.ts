import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { hashToken, mintToken } from '../../src/lib/tokens.ts'
import { INSERT_TOKEN } from '../../src/sessions/sessions-table.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import * as users from '../../src/users/users.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import { addUser } from '../users/fixture.ts'
import { ABSOLUTE_MS, FACTORS, keys, MOVE, READ_SIGN_IN, sessionsOver, signIn, start } from './fixture.ts'

const HASH = { hash: '$argon2id$new', pepperKeyId: 1 }
const DUMP = statement<[], { text: string }>(
  'dump',
  `select t::text as text from auth.session_tokens t union all select s::text from auth.sessions s`,
)

const drivers = {
  PostgreSQL: async (): Promise<Database> => (await openTestDatabase({ after })).database,
  'the embedded database': () => openTestEmbedded({ after }),
}
for (const [driver, open] of Object.entries(drivers)) {
  suite(`sign-ins in ${driver}`, async () => {
    const database = await open()
    const lasted: number[] = []
    const sessions = await sessionsOver(database, { lasted })

    test('a sign-in gives a token that stands for who signed in, with factors and an absolute end', async () => {
      const { id, login, principal } = await signIn(sessions, database)
      const { signInId, absoluteExpiresAt, ...who } = principal
      const profile = { login, email: `${login}@example.com`, name: 'Somebody' }
      assert.deepEqual(who, { userId: id, ...profile, roles: [], factors: FACTORS })
      assert.match(signInId, /^[0-9a-f-]{36}$/)
      assert.ok(Math.abs(absoluteExpiresAt - Date.now() - ABSOLUTE_MS) < 60_000)
    })

    test('SESS-16: what the database keeps of a token is of no use to who reads it', async () => {
      const { token } = await signIn(sessions, database)
      const kept = (await database.query(DUMP)).map(({ text }) => text).join()
      assert.equal(kept.includes(hashToken(token).toString('hex')), true)
      const secrets = [
        token,
        token.slice(5),
        Buffer.from(token).toString('hex'),
        Buffer.from(token.slice(5), 'base64url').toString('hex'),
      ]
      for (const secret of secrets) assert.equal(kept.includes(secret), false)
    })

    test('SESS-04: an ended sign-in is over at once, for good, and told of once', async () => {
      const { token, principal } = await signIn(sessions, database)
      lasted.length = 0
      assert.equal(await sessions.end(principal.signInId, 'signed_out'), true)
      assert.equal(await sessions.whoHas(token, null), null)
      assert.equal(await (await sessionsOver(database)).whoHas(token, null), null)
      assert.equal(await sessions.end(principal.signInId, 'revoked'), false)
      const [row] = await database.query(READ_SIGN_IN, principal.signInId)
      assert.equal(row?.end_reason, 'signed_out')
      assert.equal(lasted.length, 1)
      assert.ok(lasted.every((seconds) => seconds >= 0 && seconds < 60))
    })

    test('SESS-05: all sign-ins of one person end at once, and nobody else notices', async () => {
      const first = await signIn(sessions, database)
      const second = await signIn(sessions, database, first)
      const other = await signIn(sessions, database)
      assert.equal(await sessions.endAllOf(first.login, 'revoked'), 2)
      assert.deepEqual(
        [await sessions.whoHas(first.token, null), await sessions.whoHas(second.token, null)],
        [null, null],
      )
      assert.deepEqual(await sessions.whoHas(other.token, null), other.principal)
      assert.equal(await sessions.endAllOf('nobody', 'revoked'), 0)
    })

    test('SESS-10: a sign-in ends at its absolute end, however much it is used', async () => {
      const { token, principal } = await signIn(sessions, database)
      await database.query(MOVE, principal.signInId, '0 s', '-1 s')
      sessions.forgetAll()
      assert.equal(await sessions.whoHas(token, null), null)
    })

    test('a sign-in ends when it was not used for its idle time, a minute of memory granted', async () => {
      const lives: readonly [lastSeen: string, isValid: boolean][] = [
        ['-7 h', true],
        ['-8 h -50 s', true],
        ['-8 h -70 s', false],
        ['-23 h', false],
      ]
      for (const [lastSeen, isValid] of lives) {
        const { token, principal } = await signIn(sessions, database)
        await database.query(MOVE, principal.signInId, lastSeen, null)
        sessions.forgetAll()
        assert.equal((await sessions.whoHas(token, null)) !== null, isValid, lastSeen)
      }
    })

    test('SESS-07: who is disabled, deleted or has a new password is nobody on the next look', async () => {
      const changes = [
        users.disableUser,
        users.deleteUser,
        (db: Database, login: string) => users.setPassword(db, login, HASH),
      ]
      for (const change of changes) {
        const { login, token } = await signIn(sessions, database)
        await change(database, login)
        sessions.forgetAll()
        assert.equal(await sessions.whoHas(token, null), null)
      }
    })

    test('SESS-07: enabling somebody again brings no old sign-in back', async () => {
      const { login, token } = await signIn(sessions, database)
      await users.disableUser(database, login)
      await users.enableUser(database, login)
      sessions.forgetAll()
      assert.equal(await sessions.whoHas(token, null), null)
    })

    test('changed roles and names leave the sign-in and show on the next look', async () => {
      const { login, token } = await signIn(sessions, database)
      await users.changeRoles(database, login, { add: ['postern-admin'], remove: [] })
      await users.editUser(database, login, { name: 'New Name' })
      sessions.forgetAll()
      const principal = await sessions.whoHas(token, null)
      assert.deepEqual([principal?.name, principal?.roles], ['New Name', ['postern-admin']])
    })

    test('nothing is started for who was disabled or has changed the password since proving who he is', async () => {
      const disabled = await addUser(database)
      await users.disableUser(database, disabled.login)
      assert.equal(await start(sessions, database, { ...disabled, sessionEpoch: 1 }), null)
      const changed = await addUser(database)
      await users.setPassword(database, changed.login, HASH)
      assert.equal(await start(sessions, database, changed), null)
      await users.deleteUser(database, changed.login)
      assert.equal(await start(sessions, database, changed), null)
    })

    test('a sign-in whose transaction is rolled back has never been', async () => {
      const user = await addUser(database)
      const tokens: (string | null)[] = []
      const undone = database.transaction(async (tx) => {
        tokens.push(await start(sessions, tx, user))
        throw new Error('undone')
      })
      await assert.rejects(undone, /undone/)
      assert.equal(await sessions.whoHas(tokens[0] ?? '', null), null)
    })

    test('COOK-13: a token of a host is not one of the portal, whatever it was made for', async () => {
      const { principal } = await signIn(sessions, database)
      for (const purpose of ['portal', 'app'] as const) {
        const token = mintToken(keys, purpose)
        await database.query(INSERT_TOKEN, hashToken(token), principal.signInId, 'app.example.com', '{}')
        assert.equal(await sessions.whoHas(token, null), null, purpose)
      }
    })

    test('the list holds the sign-ins that count, last used first, of one person or of all', async () => {
      const first = await signIn(sessions, database)
      const second = await signIn(sessions, database, first)
      const over = await signIn(sessions, database, first)
      await database.query(MOVE, first.principal.signInId, '-1 h', null)
      await database.query(MOVE, over.principal.signInId, null, '-1 s')
      const own = await sessions.list(first.login, 10)
      assert.deepEqual(
        own.map(({ id }) => id),
        [second.principal.signInId, first.principal.signInId],
      )
      assert.deepEqual([own[0]?.ip_address, own[0]?.user_agent], ['203.0.113.7', 'test'])
      assert.ok((await sessions.list(null, 1_000)).length > own.length)
      assert.equal((await sessions.list(null, 1)).length, 1)
    })

    test('a browser that names itself at length is cut, not refused', async () => {
      const { id: userId, sessionEpoch, login } = await addUser(database)
      const known = { userId, sessionEpoch, factors: FACTORS, address: null }
      assert.notEqual(
        await sessions.start(database, { ...known, userAgent: `${'x'.repeat(511)}🦊${'y'.repeat(9_000)}` }),
        null,
      )
      const [row] = await sessions.list(login, 1)
      assert.ok(row)
      assert.ok(row.user_agent.startsWith('x'.repeat(511)))
      assert.deepEqual([row.user_agent.length, row.ip_address], [512, null])
    })
  })
}

test('RACE-08: after a password change that races sign-ins, none that the old password opened is left', async (t) => {
  const { database } = await openTestDatabase(t)
  const sessions = await sessionsOver(database)
  for (let round = 0; round < 15; round++) {
    const user = await addUser(database)
    const starts = Array.from({ length: 6 }, () => database.transaction((tx) => start(sessions, tx, user)))
    const change = database.transaction((tx) => users.setPassword(tx, user.login, HASH))
    const [tokens] = await Promise.all([Promise.all(starts), change])
    sessions.forgetAll()
    for (const token of tokens) assert.equal(token === null ? null : await sessions.whoHas(token, null), null)
  }
})

test('RACE-08: a sign-in waits for a password change under way and then starts nothing', async (t) => {
  const { database } = await openTestDatabase(t)
  const sessions = await sessionsOver(database)
  const user = await addUser(database)
  const { started, settled } = { started: Promise.withResolvers<void>(), settled: { is: false } }
  const signingIn = started.promise.then(async () => {
    const token = await database.transaction((tx) => start(sessions, tx, user))
    settled.is = true
    return token
  })
  await database.transaction(async (tx) => {
    await users.disableUser(tx, user.login)
    started.resolve()
    await waitForBlockedQuery(database)
    assert.equal(settled.is, false)
  })
  assert.equal(await signingIn, null)
})

const COUNT_BLOCKED = statement<[], { count: number }>(
  'count_blocked',
  `select count(*)::int as count from pg_stat_activity
   where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`,
)

async function waitForBlockedQuery(database: Database): Promise<void> {
  for (let look = 0; look < 1_000; look++) {
    const [row] = await database.query(COUNT_BLOCKED)
    if (row !== undefined && row.count > 0) return
    await delay(5)
  }
  throw new Error('nothing waits for a lock')
}
