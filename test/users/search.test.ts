import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { listUsers } from '../../src/administration/users.ts'
import { statement } from '../../src/store/statement.ts'
import { searchUsers } from '../../src/users/search.ts'
import { SEARCH_USERS } from '../../src/users/search-table.ts'
import { openTestDatabase } from '../support/database.ts'

const ADD = statement<[count: number]>(
  'add',
  `insert into auth.users (login, email, name, disabled_at)
   select 'u' || lpad(n::text, 6, '0'), 'mail' || n || '@example.com', 'Person ' || chr(65 + n % 26) || n,
     case when n % 100 = 0 then now() end
   from generate_series(1, $1::int) n`,
)
const ADD_ONE = statement<[login: string, email: string, name: string]>(
  'add_one',
  `insert into auth.users (login, email, name) values ($1, $2, $3)`,
)
const EXPLAIN = statement<
  [role: null, state: null, first: string, beyond: string, after: string, limit: number],
  { 'QUERY PLAN': string }
>('explain', `explain ${SEARCH_USERS.text}`)
const ANALYZE = statement<[]>('analyze', 'analyze auth.users')

suite('looking for people', { timeout: 60_000 }, () => {
  test('finds how login, address or name begin, whatever else is in them', async (t) => {
    const { database } = await openTestDatabase(t)
    const people = [
      ['una', 'first@example.com', 'Zoë Äpfel'],
      ['zoltan', 'second@example.com', 'Una 100% _x'],
      ['mia', 'zoo@example.com', 'Mia'],
    ] as const
    for (const [login, email, name] of people) await database.query(ADD_ONE, login, email, name)
    const found = async (search: string): Promise<string[]> =>
      (await searchUsers(database, { search, limit: 9 })).rows.map(({ login }) => login)
    assert.deepEqual(await found('UNA'), ['una', 'zoltan'])
    assert.deepEqual(await found('zo'), ['mia', 'una', 'zoltan'])
    assert.deepEqual(await found('zoë ä'), ['una'])
    assert.deepEqual(await found('una 100% _'), ['zoltan'])
    for (const wild of ['%', '_', 'u%', '\\', "'", 'na', '\u{10ffff}']) assert.deepEqual(await found(wild), [], wild)
    assert.equal((await found(' ')).length, 3)
  })

  test('property: pages have everybody once, in order, whatever their size and filter', async (t) => {
    const { database } = await openTestDatabase(t)
    await database.query(ADD, 300)
    const search = fc.constantFrom('', 'u', 'u0001', 'person b', 'mail2', 'none')
    const state = fc.constantFrom(undefined, 'disabled' as const, 'no_password' as const, 'active' as const)
    await fc.assert(
      fc.asyncProperty(search, state, fc.integer({ min: 1, max: 90 }), async (wanted, only, limit) => {
        const question = { search: wanted, ...(only !== undefined && { state: only }) }
        const whole = await searchUsers(database, { ...question, limit: 1_000 })
        const seen: string[] = []
        let after: string | null = ''
        while (after !== null) {
          const page: Awaited<ReturnType<typeof listUsers>> = await listUsers(
            { database },
            { ...question, after, limit },
          )
          assert.equal(page.total, whole.rows.length)
          seen.push(...page.items.map(({ login }) => login))
          after = page.next
        }
        assert.deepEqual(
          seen,
          whole.rows.map(({ login }) => login),
        )
        assert.deepEqual(seen, seen.toSorted())
      }),
      { numRuns: 40 },
    )
  })

  test('asks indexes among 100,000 people', async (t) => {
    const { database } = await openTestDatabase(t)
    await database.query(ADD, 100_000)
    await database.query(ANALYZE)
    const question = { search: 'person q12', limit: 50 }
    await searchUsers(database, question)
    const startedAt = performance.now()
    const { rows, total } = await searchUsers(database, question)
    t.diagnostic(`figure: ${total} of 100,000 found in ${(performance.now() - startedAt).toFixed(1)} ms`)
    for (const more of [
      { limit: 50 },
      { search: 'u', limit: 50 },
      { state: 'disabled', limit: 50 },
      { role: 'postern-admin', limit: 50 },
    ] as const) {
      const at = performance.now()
      const found = await searchUsers(database, more)
      t.diagnostic(`figure: ${JSON.stringify(more)} ${found.total} in ${(performance.now() - at).toFixed(1)} ms`)
    }
    const plan = await database.query(EXPLAIN, null, null, 'person q12', 'person q12\u{10ffff}', '', 50)
    const shown = plan.map((line) => line['QUERY PLAN']).join('\n')
    for (const column of ['login', 'email', 'name']) assert.match(shown, new RegExp(`users_${column}_prefix_idx`))
    assert.ok(rows.length > 0 && rows.every(({ name }) => name.startsWith('Person Q12')))
  })
})
