import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import type { Database } from '../../src/store/database.ts'
import * as users from '../../src/users/users.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import { addUser } from './fixture.ts'

const drivers = {
  PostgreSQL: async (): Promise<Database> => (await openTestDatabase({ after })).database,
  'the embedded database': () => openTestEmbedded({ after }),
}
for (const [driver, open] of Object.entries(drivers)) {
  suite(`passwords in ${driver}`, async () => {
    const database = await open()
    const hashOf = (count: number): { hash: string; pepperKeyId: number } => ({ hash: `h${count}`, pepperKeyId: 1 })

    test('those before the current one are kept, latest first, and no more than may be compared with', async () => {
      const { id, login } = await addUser(database, { password: hashOf(0) })
      for (let count = 1; count <= 30; count++) await users.setPassword(database, login, hashOf(count))
      const all = await users.listPasswords(database, id, 100)
      assert.deepEqual(
        all.map(({ hash }) => hash),
        Array.from({ length: users.MAX_PASSWORD_HISTORY + 1 }, (_, index) => `h${30 - index}`),
      )
      assert.deepEqual(await users.listPasswords(database, id, 2), [hashOf(30), hashOf(29)])
      assert.deepEqual(await users.listPasswords(database, id, 0), [])
    })

    test('a first password leaves no history, and nobody has that of another', async () => {
      const [one, other] = [
        await addUser(database, { password: null }),
        await addUser(database, { password: hashOf(8) }),
      ]
      await users.setPassword(database, one.login, hashOf(9))
      assert.deepEqual(await users.listPasswords(database, one.id, 9), [hashOf(9)])
      assert.deepEqual(await users.listPasswords(database, other.id, 9), [hashOf(8)])
      await users.deleteUser(database, one.login)
      assert.deepEqual(await users.listPasswords(database, one.id, 9), [])
    })

    test('an upgrade changes the hash alone, ends nothing, and only where the old one still stands', async () => {
      const { id, login, sessionEpoch } = await addUser(database, { password: { hash: 'old', pepperKeyId: null } })
      const attempts = Array.from({ length: 32 }, (_, count) =>
        users.upgradePassword(database, id, 'old', hashOf(count)),
      )
      assert.equal((await Promise.all(attempts)).filter(Boolean).length, 1)
      const found = await users.findCredentials(database, login)
      assert.deepEqual([found?.session_epoch, found?.pepper_key_id], [sessionEpoch, 1])
      await users.setPassword(database, login, hashOf(99))
      assert.equal(await users.upgradePassword(database, id, 'old', hashOf(1)), false)
      assert.equal((await users.findCredentials(database, login))?.password_hash, 'h99')
    })

    test('whoever must change the password must until it is changed', async () => {
      const { login } = await addUser(database, { password: hashOf(0) })
      const must = async (): Promise<boolean | undefined> =>
        (await users.findCredentials(database, login))?.must_change_password
      assert.equal(await must(), false)
      await users.setMustChangePassword(database, login, true)
      assert.equal(await must(), true)
      await users.setPassword(database, login, hashOf(1), true)
      assert.equal(await must(), true)
      await users.setPassword(database, login, hashOf(2))
      assert.equal(await must(), false)
      await assert.rejects(users.setMustChangePassword(database, 'nobody', true), { name: 'UnknownUserError' })
    })
  })
}
