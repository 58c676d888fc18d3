import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import { FACTORS, MOVE, REMEMBER_MS, sessionsOver, signIn } from './fixture.ts'
import type { SignedIn } from './fixture.ts'

const HOST = 'app.example.com'
const TWO_FACTORS = { ...FACTORS, totp: 1_700_000_001_000 }
const COUNT = statement<[id: string], { count: number }>(
  'count',
  `select count(*)::int as count from auth.session_tokens where session_id = $1 and host is not null`,
)
const RAISE = statement<[id: string, factors: string]>(
  'raise',
  `update auth.sessions set factors = $2::jsonb where id = $1`,
)

const drivers = {
  PostgreSQL: async (): Promise<Database> => (await openTestDatabase({ after })).database,
  'the embedded database': () => openTestEmbedded({ after }),
}
for (const [driver, open] of Object.entries(drivers)) {
  suite(`tokens of app hosts in ${driver}`, async () => {
    const database = await open()
    const sessions = await sessionsOver(database)

    const add = async ({ principal }: SignedIn, host = HOST): Promise<string> => {
      const { signInId, factors } = principal
      const added = await database.transaction((tx) => sessions.addToken(tx, { signInId, host, factors }))
      assert.ok(added)
      return added.token
    }
    const count = async ({ principal }: SignedIn): Promise<number | undefined> =>
      (await database.query(COUNT, principal.signInId))[0]?.count

    /** Which of these still stand for somebody, as far as the database knows. */
    const living = async (tokens: readonly string[], host: string): Promise<boolean[]> => {
      sessions.forgetAll()
      const found = await Promise.all(tokens.map((token) => sessions.whoHas(token, host)))
      return found.map((principal) => principal !== null)
    }

    test('a host keeps the newest four of a sign-in, and other hosts and people lose nothing', async () => {
      const [person, other] = [await signIn(sessions, database), await signIn(sessions, database)]
      const [elsewhere, others] = [await add(person, 'wiki.example.org'), await add(other)]
      const tokens: string[] = []
      for (let made = 0; made < 6; made++) tokens.push(await add(person))
      assert.deepEqual(await living(tokens, HOST), [false, false, true, true, true, true])
      assert.deepEqual(await living([elsewhere], 'wiki.example.org'), [true])
      assert.deepEqual(await living([others], HOST), [true])
      assert.notEqual(await sessions.whoHas(person.token, null), null)
    })

    test('a sign-in has at most 500 over all hosts, the oldest going first', async () => {
      const person = await signIn(sessions, database)
      const hosts = Array.from({ length: 503 }, (_, index) => `h${index}.team.example.com`)
      for (const host of hosts) await add(person, host)
      assert.equal(await count(person), 500)
    })

    test('however many are made at once, soon there are no more than four', async () => {
      const person = await signIn(sessions, database)
      for (let round = 0; round < 5; round++) {
        await Promise.all(Array.from({ length: 40 }, () => add(person)))
        await add(person)
        assert.equal(await count(person), 4)
      }
    })

    test('a token of a remembered sign-in tells how long it still lasts, any other nothing', async () => {
      const { id: userId, sessionEpoch, principal } = await signIn(sessions, database)
      const about = { userId, sessionEpoch, factors: FACTORS, address: null, userAgent: '', remember: true }
      const portal = await database.transaction((tx) => sessions.start(tx, about))
      const signInId = (await sessions.whoHas(portal?.token ?? '', null))?.signInId ?? ''
      assert.equal(portal?.lastsMs, REMEMBER_MS)
      await database.query(MOVE, signInId, null, '1 h')
      const [long, usual] = await Promise.all(
        [signInId, principal.signInId].map((id) =>
          database.transaction((tx) => sessions.addToken(tx, { signInId: id, host: HOST, factors: FACTORS })),
        ),
      )
      assert.ok(long?.lastsMs && long.lastsMs > 3_590_000 && long.lastsMs <= 3_600_000)
      assert.equal(usual?.lastsMs, null)
    })

    test('a token made before a step-up, or handed over from one, never gains the factor; a new one has it', async () => {
      const person = await signIn(sessions, database)
      const before = await add(person)
      await database.query(RAISE, person.principal.signInId, JSON.stringify(TWO_FACTORS))
      sessions.forgetAll()
      const old = await sessions.whoHas(person.token, null)
      assert.ok(old)
      assert.deepEqual(old.factors, FACTORS)
      const handedOver = await add({ ...person, principal: old })
      const raised = await add({ ...person, principal: { ...old, factors: TWO_FACTORS } })
      for (const look of ['from the database', 'from memory']) {
        const found = await Promise.all([before, handedOver, raised].map((token) => sessions.whoHas(token, HOST)))
        const factors = found.map((principal) => principal?.factors)
        assert.deepEqual(factors, [FACTORS, FACTORS, TWO_FACTORS], look)
      }
    })
  })
}
