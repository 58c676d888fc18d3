import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addRole } from '../../../bench/population.ts'
import { createSignIns } from '../../../bench/sessions/signed-in.ts'
import { openKeys } from '../../../src/credentials/keys.ts'
import { hashToken, isOurToken } from '../../../src/lib/tokens.ts'
import { FIND_PRINCIPAL } from '../../../src/sessions/sessions-table.ts'
import { openTestDatabase } from '../../support/database.ts'

const SECRET = 'a-secret-of-at-least-32-bytes-long'

test('people who are signed in many at a time hold tokens of the gateway for valid sign-ins', async (t) => {
  const { database } = await openTestDatabase(t)
  await addRole(database)
  const signInMany = await createSignIns(database, SECRET)
  const tokens = await signInMany(3)
  const { token: keys } = await openKeys(database, [SECRET])
  const users = new Set<string>()
  for (const token of tokens) {
    assert.equal(isOurToken(keys, 'portal', token), true)
    const [row] = await database.query(FIND_PRINCIPAL, hashToken(token))
    assert.deepEqual(row?.roles, ['staff'])
    users.add(row?.user_id ?? '')
  }
  assert.equal(users.size, 3)
})
