import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { applyPolicy } from '../../src/policies/apply.ts'
import type { Applied } from '../../src/policies/apply.ts'
import { FIND_LATEST_POLICY, FIND_POLICY_BEFORE, LIST_POLICIES } from '../../src/policies/policies-table.ts'
import { rollBackPolicy } from '../../src/policies/rollback.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import type { Cleanup } from '../support/directories.ts'
import { wikiFile } from './sample.ts'

const ONE = wikiFile(['{ allow: anyone }'])
const TWO = wikiFile(['{ deny: true }'])
const FAILING = wikiFile(['{ allow: anyone }'], {
  tests: ['{ as: nobody, request: GET https://wiki.example.com/, expect: forbid }'],
})
const WHO = { by: 'bob', reason: 'it was better' }
/** As an older version of the program could have applied it. */
const PLANT = statement<[source: string]>(
  'plant',
  `insert into auth.policies (source, digest, applied_by, reason) values ($1, sha256('x'), 'x', 'x')`,
)

const drivers = {
  PostgreSQL: async (t: Cleanup): Promise<Database> => (await openTestDatabase(t)).database,
  'the embedded database': openTestEmbedded,
}
for (const [driver, open] of Object.entries(drivers)) {
  suite(`going back in ${driver}`, async () => {
    const database = await open({ after })
    const apply = (source: string): Promise<Applied> =>
      applyPolicy(database, { source, by: 'alice', reason: 'new', onlyForward: false })

    test('an earlier source is in force again as a new version, with who did it and why', async () => {
      for (const source of [ONE, TWO]) assert.equal((await apply(source)).kind, 'applied')
      assert.deepEqual(await rollBackPolicy(database, { version: 1, ...WHO }), { kind: 'applied', version: 3 })
      const [latest] = await database.query(FIND_LATEST_POLICY)
      assert.deepEqual([latest?.source, latest?.applied_by, latest?.reason], [ONE, WHO.by, WHO.reason])
      assert.deepEqual(await rollBackPolicy(database, { version: 3, ...WHO }), { kind: 'unchanged', version: 3 })
      const listed = await database.query(LIST_POLICIES, 2)
      assert.deepEqual(
        listed.map(({ version }) => version),
        [3, 2],
      )
      assert.equal((await database.query(FIND_POLICY_BEFORE, 3))[0]?.version, 2)
    })

    test('a version that is not there changes nothing', async () => {
      assert.deepEqual(await rollBackPolicy(database, { version: 99, ...WHO }), { kind: 'unknown' })
    })

    test('a source whose tests fail comes into force by no way, not even back', async () => {
      const refused = await apply(FAILING)
      assert.ok(refused.kind === 'invalid')
      assert.match(refused.mistakes[0]?.message ?? '', /expects forbid and gets allow by rule 1 of app wiki on line 9/)
      const [before] = await database.query(FIND_LATEST_POLICY)
      await database.query(PLANT, FAILING)
      const [planted] = await database.query(FIND_LATEST_POLICY)
      await apply(TWO)
      assert.equal((await rollBackPolicy(database, { version: planted?.version ?? 0, ...WHO })).kind, 'invalid')
      assert.equal((await database.query(FIND_LATEST_POLICY))[0]?.version, (before?.version ?? 0) + 2)
    })
  })
}
