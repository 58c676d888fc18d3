import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import * as users from '../../src/users/users.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import { addUser, newUser } from './fixture.ts'

const HASH = { hash: '$argon2id$new', pepperKeyId: 1 }
const READ_EPOCHS = statement<[login: string], { session_epoch: number; authz_epoch: number; pepper_key_id: number }>(
  'read_epochs',
  `select session_epoch, authz_epoch, pepper_key_id from auth.users where login = $1`,
)
const ADD_ROLE = statement<[name: string]>('add_role', `insert into auth.roles (name) values ($1)`)
const RETIRE_ROLE = statement<[name: string]>('retire_role', `update auth.roles set in_policy = false where name = $1`)
const ADD_MANY = statement<[count: number]>(
  'add_many',
  `insert into auth.users (login, email, name) select 'many' || n, n || '@many.example', 'x' from generate_series(1, $1::int) n`,
)

const drivers = {
  PostgreSQL: async (): Promise<Database> => (await openTestDatabase({ after })).database,
  'the embedded database': () => openTestEmbedded({ after }),
}
for (const [driver, open] of Object.entries(drivers)) {
  suite(`users in ${driver}`, async () => {
    const database = await open()

    test('a user is kept under the canonical login and address, with the given roles', async () => {
      await database.query(ADD_ROLE, 'staff')
      const given = { login: ' Alice.A ', email: ' Alice@Example.com ', name: ' Alice A. ', roles: ['staff', 'staff'] }
      const id = await database.transaction((tx) => users.createUser(tx, newUser(given)))
      const { created_at: createdAt, version, ...user } = await users.getUser(database, 'ALICE.a ')
      const profile = { login: 'alice.a', email: 'alice@example.com', name: 'Alice A.' }
      const standing = { disabled_at: null, has_password: true, must_change_password: false, break_glass: false }
      assert.deepEqual(user, { id, ...profile, roles: ['staff'], held_roles: ['staff'], ...standing })
      assert.match(version, /^[\d.]+$/)
      assert.ok(createdAt instanceof Date)
    })

    test('somebody is found by login or by address in any letter case, and nobody by anything else', async () => {
      const { id, login } = await addUser(database)
      for (const typed of [login, ` ${login.toUpperCase()} `, `${login}@EXAMPLE.com`]) {
        assert.equal((await users.findCredentials(database, typed))?.id, id, typed)
      }
      for (const typed of ['', '%', login.slice(1), `${login}@`, `${login}' or true --`]) {
        assert.equal(await users.findCredentials(database, typed), null, typed)
      }
    })

    test('RACE-11: of twenty who create one login at once, in any letter case, one does and nobody breaks', async () => {
      const tries = Array.from({ length: 20 }, (_, index) => {
        const login = index % 2 === 0 ? 'race' : 'RACE'
        return database.transaction((tx) => users.createUser(tx, newUser({ login, email: `race${index}@example.com` })))
      })
      assert.deepEqual(await outcomesOf(tries), { made: 1, login: 19 })
    })

    test('RACE-11: of twenty who create users with one address at once, one does', async () => {
      const given = { email: 'Shared@example.com' }
      const tries = Array.from({ length: 20 }, () => database.transaction((tx) => users.createUser(tx, newUser(given))))
      assert.deepEqual(await outcomesOf(tries), { made: 1, email: 19 })
    })

    test('an address can not be taken as a login, so that nobody can sign in as somebody else', async () => {
      const { login } = await addUser(database)
      const taken = users.createUser(database, newUser({ login: `${login}@example.com`, email: 'other@example.com' }))
      await assert.rejects(taken, hasFault('login'))
    })

    test('a user with a fault or with a role that the policy lacks is not made, and every fault is told', async () => {
      const bad = users.createUser(database, newUser({ login: 'a b', email: 'nowhere', name: '' }))
      await assert.rejects(bad, { name: 'UserFieldsError', message: /login: .*email: .*name: / })
      const role = database.transaction((tx) => users.createUser(tx, newUser({ login: 'roleless', roles: ['nope'] })))
      await assert.rejects(role, hasFault('role'))
      await assert.rejects(users.getUser(database, 'roleless'), { name: 'UnknownUserError', exitCode: 1 })
    })

    test('roles are given and taken, and raise the epoch of rights alone', async () => {
      for (const name of ['reader', 'writer', 'gone']) await database.query(ADD_ROLE, name)
      const { login } = await addUser(database, { roles: ['reader'] })
      const change = { add: ['writer'], remove: ['reader', 'never had'] }
      await database.transaction((tx) => users.changeRoles(tx, login.toUpperCase(), change))
      assert.deepEqual((await users.getUser(database, login)).roles, ['writer'])
      assert.deepEqual(await epochsOf(database, login), { session: 0, authz: 1 })
    })

    test('a role that the policy no longer defines can be taken but not given', async () => {
      await database.query(ADD_ROLE, 'retired')
      const { login } = await addUser(database, { roles: ['retired'] })
      await database.query(RETIRE_ROLE, 'retired')
      const other = await addUser(database)
      const give = users.changeRoles(database, other.login, { add: ['retired'], remove: [] })
      await assert.rejects(give, hasFault('role'))
      await users.changeRoles(database, login, { add: [], remove: ['retired'] })
      assert.deepEqual((await users.getUser(database, login)).roles, [])
    })

    test('an edit changes what is given, leaves the rest and raises the epoch of rights', async () => {
      const { login } = await addUser(database)
      await users.editUser(database, login.toUpperCase(), { email: ` New-${login}@Example.com` })
      const { email, name } = await users.getUser(database, login)
      assert.deepEqual([email, name], [`new-${login}@example.com`, 'Somebody'])
      assert.deepEqual(await epochsOf(database, login), { session: 0, authz: 1 })
      const other = await addUser(database)
      await assert.rejects(users.editUser(database, other.login, { email }), hasFault('email'))
      await assert.rejects(users.editUser(database, login, { name: ' ' }), hasFault('name'))
    })

    test('a new password and a disabling raise the epoch of sign-ins, an enabling none', async () => {
      const { login } = await addUser(database)
      await users.setPassword(database, login, HASH)
      assert.equal((await users.findCredentials(database, login))?.password_hash, HASH.hash)
      assert.deepEqual(await epochsOf(database, login), { session: 1, authz: 0 })
      await users.disableUser(database, login)
      assert.equal((await users.findCredentials(database, login))?.disabled, true)
      await users.disableUser(database, login)
      assert.deepEqual(await epochsOf(database, login), { session: 3, authz: 0 })
      await users.enableUser(database, login)
      assert.equal((await users.findCredentials(database, login))?.disabled, false)
      assert.deepEqual(await epochsOf(database, login), { session: 3, authz: 0 })
    })

    test('SESS-07: disabling twice keeps the time of the first', async () => {
      const { login } = await addUser(database)
      await users.disableUser(database, login)
      const first = (await users.getUser(database, login)).disabled_at
      await users.disableUser(database, login)
      assert.deepEqual((await users.getUser(database, login)).disabled_at, first)
    })

    test('SESS-08: somebody made again under the same login is somebody else', async () => {
      const { id, login } = await addUser(database)
      await users.deleteUser(database, login)
      assert.equal(await users.findCredentials(database, login), null)
      assert.notEqual((await addUser(database, { login })).id, id)
    })

    test('whatever is asked of an unknown login is refused with a sentence for operators', async () => {
      const asked = [
        users.getUser(database, 'nobody'),
        users.editUser(database, 'nobody', { name: 'X' }),
        users.changeRoles(database, 'nobody', { add: [], remove: [] }),
        users.setPassword(database, 'nobody', HASH),
        users.disableUser(database, 'nobody'),
        users.enableUser(database, 'nobody'),
        users.deleteUser(database, 'nobody'),
      ]
      for (const each of await Promise.allSettled(asked)) {
        assert.equal(each.status === 'rejected' && each.reason instanceof Error && each.reason.name, 'UnknownUserError')
      }
    })

    test('the list holds everybody once, by login, over more than one page', async () => {
      await database.query(ADD_MANY, 2_001)
      const logins = (await users.listUsers(database)).map(({ login }) => login)
      assert.ok(logins.length > 2_001)
      assert.equal(new Set(logins).size, logins.length)
      assert.equal(logins.filter((login) => login.startsWith('many')).length, 2_001)
    })
  })
}

test('a fresh database has no users, and one with a user has', async (t) => {
  const { database } = await openTestDatabase(t)
  assert.equal(await users.hasUsers(database), false)
  await addUser(database)
  assert.equal(await users.hasUsers(database), true)
})

function hasFault(field: string): (error: unknown) => boolean {
  return (error) => error instanceof users.UserFieldsError && Object.keys(error.fields).join() === field
}

async function outcomesOf(tries: readonly Promise<string>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const each of await Promise.allSettled(tries)) {
    const { reason } = each.status === 'rejected' ? (each as { reason: unknown }) : { reason: null }
    const faults = reason instanceof users.UserFieldsError ? Object.keys(reason.fields).join() : String(reason)
    const outcome = each.status === 'fulfilled' ? 'made' : faults
    counts[outcome] = (counts[outcome] ?? 0) + 1
  }
  return counts
}

async function epochsOf(database: Database, login: string): Promise<{ session: number; authz: number }> {
  const [row] = await database.query(READ_EPOCHS, login)
  assert.ok(row)
  return { session: row.session_epoch, authz: row.authz_epoch }
}
