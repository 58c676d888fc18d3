import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openKeys } from '../../src/credentials/keys.ts'
import type { Keys } from '../../src/credentials/live-keys.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import type { Cleanup } from '../support/directories.ts'

interface Row {
  id: number
  purpose: string
  wrapped_key: Buffer
}

const FIRST = 'first-secret-of-at-least-32-bytes!'
const SECOND = 'second-secret-of-at-least-32-bytes'
const LIST = statement<[], Row>('list', `select id, purpose, wrapped_key from auth.keys order by id`)
const PUT = statement<[id: number, wrapped: Buffer]>('put', `update auth.keys set wrapped_key = $2 where id = $1`)
const SWAP = statement<[]>(
  'swap',
  `update auth.keys k set wrapped_key = o.wrapped_key from auth.keys o where o.purpose <> k.purpose`,
)
const DROP = statement<[purpose: string]>('drop', `delete from auth.keys where purpose = $1`)
const EMPTY = statement<[]>('empty', `delete from auth.keys`)
const ADD_PERSON = statement<[]>(
  'add_person',
  `insert into auth.users (login, email, name, password_hash, pepper_key_id) values ('a', 'a@b', 'A', 'x', 1)`,
)
const ADD_CODE = statement<[]>(
  'add_code',
  `insert into auth.recovery_codes (user_id, code_hash) select id, sha256('x') from auth.users`,
)
const RETIRE = statement<[purpose: string]>('retire', `update auth.keys set retired_at = now() where purpose = $1`)

const drivers = {
  PostgreSQL: async (t: Cleanup): Promise<Database> => (await openTestDatabase(t)).database,
  'the embedded database': openTestEmbedded,
}
for (const [driver, open] of Object.entries(drivers)) {
  test(`the first start makes one key for each purpose in ${driver}, later ones open the same`, async (t) => {
    const database = await open(t)
    const first = await openKeys(database, [FIRST])
    const made = Object.values(first).map(({ minting }) => minting.bytes)
    assert.deepEqual(
      made.map((bytes) => bytes.byteLength),
      [32, 32, 32, 32, 32],
    )
    assert.equal(new Set(made.map((bytes) => bytes.toString('hex'))).size, 5)
    assert.deepEqual(await openKeys(database, [FIRST]), first)
    assert.equal((await database.query(LIST)).length, 5)
  })

  test(`four starts at once on an empty ${driver} make one key for each purpose`, async (t) => {
    const database = await open(t)
    const all = await Promise.all([1, 2, 3, 4].map(() => openKeys(database, [FIRST])))
    for (const keys of all) assert.deepEqual(keys, all[0])
    assert.equal((await database.query(LIST)).length, 5)
  })
}

test('another secret opens nothing: the start is refused and the keys stay as they are', async (t) => {
  const { database } = await openTestDatabase(t)
  await openKeys(database, [FIRST])
  const before = await database.query(LIST)
  for (const secrets of [[SECOND], [`${FIRST}x`], [SECOND, `${SECOND}x`]]) await refused(database, secrets)
  assert.deepEqual(await database.query(LIST), before)
})

test('a second secret opens what the first does not, and wraps it anew under the first', async (t) => {
  const { database } = await openTestDatabase(t)
  const keys = await openKeys(database, [FIRST])
  assert.deepEqual(await openKeys(database, [SECOND, FIRST]), keys)
  assert.deepEqual(await openKeys(database, [SECOND]), keys)
  await refused(database, [FIRST])
})

test('keys that the first secret opens are not written again', async (t) => {
  const { database } = await openTestDatabase(t)
  await openKeys(database, [FIRST])
  const before = await database.query(LIST)
  await openKeys(database, [FIRST, SECOND])
  assert.deepEqual(await database.query(LIST), before)
})

test('a key that was wrapped for one purpose does not open as another', async (t) => {
  const { database } = await openTestDatabase(t)
  await openKeys(database, [FIRST])
  await database.query(SWAP)
  await refused(database, [FIRST])
})

test('a key that was changed, cut or emptied stops the start', async (t) => {
  const { database } = await openTestDatabase(t)
  await openKeys(database, [FIRST])
  const [row] = await database.query(LIST)
  assert.ok(row)
  const flipped = row.wrapped_key.map((byte, index) => (index === 20 ? byte ^ 1 : byte))
  const damaged = [flipped, row.wrapped_key.subarray(0, -1), row.wrapped_key.subarray(0, 11), Buffer.alloc(0)]
  for (const wrapped of damaged) {
    await database.query(PUT, row.id, Buffer.from(wrapped))
    await refused(database, [FIRST])
  }
})

test('keys that are gone while people have passwords stop the start instead of locking everybody out', async (t) => {
  const { database } = await openTestDatabase(t)
  await openKeys(database, [FIRST])
  await database.query(ADD_PERSON)
  await database.query(EMPTY)
  await assert.rejects(openKeys(database, [FIRST]), { name: 'OperatorError', exitCode: 1, message: /auth\.keys/ })
  assert.deepEqual(await database.query(LIST), [])
})

test('a database with people from before assertions were made gets a key for them, and nothing else anew', async (t) => {
  const { database } = await openTestDatabase(t)
  const before = await openKeys(database, [FIRST])
  await database.query(ADD_PERSON)
  await database.query(DROP, 'assertion')
  const after = await openKeys(database, [FIRST])
  assert.deepEqual([after.token, after.pepper], [before.token, before.pepper])
  assert.notDeepEqual(after.assertion, before.assertion)
  await database.query(DROP, 'token')
  await assert.rejects(openKeys(database, [FIRST]), { name: 'OperatorError', message: /auth\.keys/ })
})

test('a database with people from before factors were sealed gets a key for that, one with factors does not', async (t) => {
  const { database } = await openTestDatabase(t)
  const before = await openKeys(database, [FIRST])
  await database.query(ADD_PERSON)
  await database.query(DROP, 'sealing')
  const after = await openKeys(database, [FIRST])
  assert.deepEqual(after.token, before.token)
  assert.notDeepEqual(after.sealing, before.sealing)
  await database.query(ADD_CODE)
  await database.query(DROP, 'sealing')
  await assert.rejects(openKeys(database, [FIRST]), { name: 'OperatorError', message: /second factors/ })
})

test('neither a key nor the secret stands in the database', async (t) => {
  const { database } = await openTestDatabase(t)
  const keys = Object.values(await openKeys(database, [FIRST]))
  for (const { wrapped_key: wrapped } of await database.query(LIST)) {
    for (const secret of [...keys.map(({ minting }) => minting.bytes), Buffer.from(FIRST)]) {
      assert.equal(wrapped.includes(secret), false)
    }
  }
})

test('a retired key still opens what it made, while a new one mints', async (t) => {
  const { database } = await openTestDatabase(t)
  const old = await openKeys(database, [FIRST])
  await database.query(RETIRE, 'token')
  const rotated: Keys = await openKeys(database, [FIRST])
  assert.notEqual(rotated.token.minting.id, old.token.minting.id)
  assert.deepEqual(rotated.token.byId.get(old.token.minting.id), old.token.minting)
  assert.deepEqual(rotated.pepper, old.pepper)
  assert.deepEqual(await openKeys(database, [FIRST]), rotated)
})

function refused(database: Database, secrets: readonly string[]): Promise<void> {
  const refusal = { name: 'OperatorError', exitCode: 1, message: /POSTERN_SECRET_KEY/ }
  return assert.rejects(openKeys(database, secrets), refusal)
}
