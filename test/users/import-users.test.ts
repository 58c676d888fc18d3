import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { importUsers } from '../../src/users/import-users.ts'
import type { ImportOutcome, OnConflict } from '../../src/users/import-users.ts'
import type { ImportedUser } from '../../src/users/imported-user.ts'
import * as users from '../../src/users/users.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'

const HASH = '$2b$12$one'
const ADD_ROLE = statement<[name: string]>('add_role', `insert into auth.roles (name) values ($1)`)
const COUNT_CHANGES = statement<[], { count: number }>(
  'count_changes',
  `select count(*)::int as count from auth.changes`,
)

const drivers = {
  PostgreSQL: async (): Promise<Database> => (await openTestDatabase({ after })).database,
  'the embedded database': () => openTestEmbedded({ after }),
}
for (const [driver, open] of Object.entries(drivers)) {
  suite(`an import into ${driver}`, async () => {
    const database = await open()
    const take = (people: readonly ImportedUser[], onConflict: OnConflict = 'skip'): Promise<ImportOutcome> =>
      database.transaction((tx) => importUsers(tx, people, onConflict))
    const changes = async (): Promise<number> => (await database.query(COUNT_CHANGES))[0]?.count ?? 0

    test('makes people with all that the file says, and leaves who is there on a second run', async () => {
      await database.query(ADD_ROLE, 'staff')
      const people = [
        person(2, 'Alice', { name: ' Alice ', roles: ['staff', 'staff'], hash: HASH, mustChangePassword: true }),
        person(3, 'bob', { disabled: true }),
      ]
      assert.deepEqual(await take(people), { created: 2, updated: 0, skipped: 0, refused: [] })
      const {
        login,
        name,
        roles,
        has_password: hasPassword,
        disabled_at: disabledAt,
      } = await users.getUser(database, 'alice')
      assert.deepEqual([login, name, roles, hasPassword, disabledAt], ['alice', 'Alice', ['staff'], true, null])
      const { password_hash: hash, pepper_key_id: key, must_change_password: must } = await credentials('alice')
      assert.deepEqual([hash, key, must], [HASH, null, true])
      assert.equal((await credentials('bob')).disabled, true)
      assert.equal((await users.getUser(database, 'bob')).name, 'bob')
      const known = await changes()
      assert.deepEqual(await take([...people, person(4, 'carol')]), { created: 1, updated: 0, skipped: 2, refused: [] })
      assert.equal(await changes(), known)
    })

    test('refuses by line what can not be taken, and takes the others', async () => {
      const outcome = await take([
        person(2, 'dave'),
        person(3, 'no good'),
        person(4, 'erin', { roles: ['staff', 'unknown', 'none'] }),
        person(5, 'frank', { email: 'ALICE@example.com' }),
        person(6, 'grace', { email: 'nothing' }),
      ])
      assert.equal(outcome.created, 1)
      assert.deepEqual(
        outcome.refused.map(({ line }) => line),
        [3, 4, 5, 6],
      )
      const [login, roles, email, address] = outcome.refused.map(({ sentence }) => sentence)
      assert.match(login ?? '', /^login: Use/)
      assert.equal(roles, 'roles: The policy defines no role unknown, none.')
      assert.equal(email, 'email: Somebody has this address already.')
      assert.match(address ?? '', /^email: Use/)
    })

    test('updates what differs, tells of it, and nothing of what does not', async () => {
      await take([person(2, 'heidi', { hash: HASH, name: 'Heidi' })])
      const before = await credentials('heidi')
      const known = await changes()
      const same = person(2, 'heidi', { hash: HASH })
      assert.deepEqual(await take([same], 'update'), { created: 0, updated: 0, skipped: 1, refused: [] })
      assert.equal(await changes(), known)
      const moved = { ...same, email: 'h@example.com', roles: ['staff'] }
      assert.deepEqual(await take([moved], 'update'), { created: 0, updated: 1, skipped: 0, refused: [] })
      assert.equal(await changes(), known + 1)
      const { email, name, roles } = await users.getUser(database, 'heidi')
      assert.deepEqual([email, name, roles], ['h@example.com', 'Heidi', ['staff']])
      assert.equal((await credentials('heidi')).session_epoch, before.session_epoch)
      assert.equal((await take([{ ...moved, hash: '$2b$12$two' }], 'update')).updated, 1)
      const after = await credentials('heidi')
      assert.deepEqual([after.password_hash, after.session_epoch], ['$2b$12$two', before.session_epoch + 1])
      assert.equal((await take([{ ...moved, hash: '$2b$12$two', roles: [] }], 'update')).updated, 0)
      assert.deepEqual((await users.getUser(database, 'heidi')).roles, ['staff'])
    })

    test('an update never replaces a password that was set or used here, nor enables anybody', async () => {
      await take([person(2, 'ivan', { hash: HASH })])
      const { id } = await users.getUser(database, 'ivan')
      assert.ok(await users.upgradePassword(database, id, HASH, { hash: '$argon2id$ours', pepperKeyId: 7 }))
      await users.disableUser(database, 'ivan')
      assert.equal((await take([person(2, 'ivan', { hash: HASH })], 'update')).updated, 0)
      const { password_hash: hash, pepper_key_id: key, disabled } = await credentials('ivan')
      assert.deepEqual([hash, key, disabled], ['$argon2id$ours', 7, true])
      assert.equal((await take([person(2, 'bob', { disabled: false })], 'update')).updated, 0)
    })

    test('RACE-11: of imports of the same people at once each is made once and nobody breaks', async () => {
      const people = Array.from({ length: 20 }, (_, index) => person(index + 2, `judy${index}`))
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => take(people)))
      assert.equal(
        outcomes.reduce((sum, { created }) => sum + created, 0),
        20,
      )
    })

    async function credentials(login: string): Promise<NonNullable<Awaited<ReturnType<typeof users.findCredentials>>>> {
      const found = await users.findCredentials(database, login)
      assert.ok(found !== null)
      return found
    }
  })
}

function person(line: number, login: string, more: Partial<ImportedUser> = {}): ImportedUser {
  const nothing = { name: null, roles: [], hash: null, disabled: false, mustChangePassword: false }
  return { line, login, email: `${login}@example.com`, ...nothing, ...more }
}
