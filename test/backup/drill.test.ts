import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeDrill, runDrill } from './drill.ts'
import { IS_LONG } from '../support/long.ts'

for (const into of IS_LONG ? (['embedded', 'PostgreSQL'] as const) : (['embedded'] as const)) {
  test(`a lost database is back in ${into === 'embedded' ? 'an embedded one' : into}, and people sign in`, async (t) => {
    const result = await runDrill(t, { users: 100, into })
    t.diagnostic(describeDrill(result))
    assert.deepEqual([result.users, result.signedIn, result.refused, result.chain.ok], [105, 5, 5, true])
  })
}
