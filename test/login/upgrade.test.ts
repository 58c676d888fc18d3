import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importUsers } from '../../src/users/import-users.ts'
import { findCredentials } from '../../src/users/users.ts'
import { until } from '../support/until.ts'
import { createBrowser, openPortal } from './browser.ts'

/** Of `U*U`. */
const BCRYPT = '$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'

test('PW-05: a first sign-in with an imported password keeps it as argon2id with a pepper, and ends nothing', async (t) => {
  const { context, database, portal } = await openPortal(t)
  const nothing = { name: null, roles: [], disabled: false, mustChangePassword: false }
  const alice = { ...nothing, line: 1, login: 'alice', email: 'alice@example.com', hash: BCRYPT }
  await database.transaction((tx) => importUsers(tx, [alice], 'skip'))
  await createBrowser(portal).signIn({ username: 'alice', password: 'wrong' })
  assert.equal((await findCredentials(database, 'alice'))?.password_hash, BCRYPT)
  for (const _ of [1, 2]) await createBrowser(portal).signIn({ username: 'alice', password: 'U*U' })
  const kept = await until('the upgrade', 5_000, async () => {
    const found = await findCredentials(database, 'alice')
    return found?.password_hash?.startsWith('$argon2id$') === true ? found : null
  })
  assert.equal(kept.pepper_key_id, context.keys.pepper.minting.id)
  assert.equal((await context.sessions.list('alice', 9)).length, 2)
  const stored = { hash: kept.password_hash ?? '', pepperKeyId: kept.pepper_key_id }
  assert.deepEqual(await context.passwords.verify(stored, 'U*U'), { upgrade: null })
})
