import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { createFactors } from '../../src/credentials/create-factors.ts'
import { countNeeds } from '../../src/credentials/key-needs.ts'
import { beginRotation, endUnneededKeys, promoteDueKeys, replaceKeys } from '../../src/credentials/key-rotation.ts'
import type { KeyChange } from '../../src/credentials/keys.ts'
import { openLiveKeys } from '../../src/credentials/keys.ts'
import { createKeyWrapping } from '../../src/credentials/key-wrapping.ts'
import { LIST_KEYS } from '../../src/credentials/keys-table.ts'
import { createLiveKeys, PURPOSES } from '../../src/credentials/live-keys.ts'
import type { KeyPurpose, LiveKeys } from '../../src/credentials/live-keys.ts'
import { openPasswords } from '../../src/credentials/password.ts'
import { reseal } from '../../src/credentials/reseal.ts'
import { createSealing } from '../../src/credentials/sealing.ts'
import { isOurToken, keyIdText, mintToken } from '../../src/lib/tokens.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase } from '../support/database.ts'
import { addOwner, addTotp, codeAt, NOW, PUBLIC_URL } from './owner.ts'

const SECRET = 'a secret of thirty-two bytes or more'
const OTHER_SECRET = 'another secret of thirty-two bytes'
const DUE = statement<[]>('due', `update auth.keys set mints_after = now() where mints_after is not null`)
/** As if they had been retired two days ago, and whatever stands there made the day before. */
const LONG_AGO = statement<[]>(
  'long_ago',
  `update auth.keys set retired_at = now() - interval '2 days' where retired_at is not null and mints_after is null`,
)
const FORGET_KEYS = statement<[]>('forget_keys', `delete from auth.keys`)
const MINTING_FOR_OLD = statement<[], { purpose: string; count: number }>(
  'minting_for_old',
  `select purpose, count(*)::int as count from auth.keys where retired_at is null group by purpose order by purpose`,
)
const SEALED_BY = statement<[], { key_id: number }>(
  'sealed_by',
  `select ('x' || encode(substring(sealed_secret from 2 for 4), 'hex'))::bit(32)::int as key_id from auth.totp_devices`,
)
const SPOIL = statement<[]>(
  'spoil',
  `insert into auth.totp_devices (id, user_id, name, sealed_secret, confirmed_at)
   select gen_random_uuid(), id, 'spoilt', '\\x0100000001' || sha256('x') || sha256('y'), now() from auth.users`,
)
const ADD_PASSWORD = statement<[login: string, hash: string, pepperKeyId: number | null]>(
  'add_password',
  `update auth.users set password_hash = $2, pepper_key_id = $3 where login = $1`,
)

const ADD_TOKEN_OF_DISABLED = statement<[prefix: string]>(
  'add_token_of_disabled',
  `with disabled as (update auth.users set disabled_at = now() returning id)
   insert into auth.api_tokens (user_id, name, token_hash, prefix, expires_at)
   select id, 'ci', sha256('a'), $1, now() + interval '1 year' from disabled`,
)
const REVOKE_ALL = statement<[]>('revoke_all', `update auth.api_tokens set revoked_at = now()`)

const ADD_PASSKEYS = statement<[userId: string, ids: readonly string[], sealed: readonly Buffer[]]>(
  'add_passkeys',
  `insert into auth.webauthn_credentials (id, user_id, name, credential_id, sealed_public_key, sign_count,
     backup_eligible, backed_up, user_verified)
   select id, $1, 'key', uuid_send(id), sealed, 0, false, false, true
   from unnest($2::uuid[], $3::bytea[]) as given (id, sealed)`,
)
const LIST_PASSKEYS = statement<[], { id: string; sealed: Buffer }>(
  'list_passkeys',
  `select id, sealed_public_key as sealed from auth.webauthn_credentials`,
)

interface Two {
  readonly database: Database
  /** Two processes of one database. */
  readonly one: LiveKeys
  readonly other: LiveKeys
  readonly changes: string[]
  readonly rotate: (purpose: KeyPurpose) => ReturnType<typeof beginRotation>
  /** Lets what is coming take over and both know of it. */
  readonly takeOver: () => Promise<void>
}

async function openTwo(t: TestContext): Promise<Two> {
  const { database } = await openTestDatabase(t)
  const one = await openLiveKeys(database, [SECRET])
  const other = await openLiveKeys(database, [SECRET])
  const changes: string[] = []
  const onChanged = async (_: unknown, { kind, purpose, id }: KeyChange): Promise<void> =>
    void changes.push(`${purpose} ${id} ${kind}`)
  const takeOver = async (): Promise<void> => {
    await database.query(DUE)
    await promoteDueKeys(database, onChanged)
    await Promise.all([one.refresh(), other.refresh()])
  }
  const rotate: Two['rotate'] = (purpose) =>
    database.transaction((tx) => beginRotation(tx, { wrapping: one.wrapping, onChanged }, purpose))
  return { database, one, other, changes, rotate, takeOver }
}

suite('rotating a key', () => {
  test('it verifies everywhere before it mints anywhere, and what the one before made stays ours', async (t) => {
    const { one, other, rotate, takeOver } = await openTwo(t)
    const before = mintToken(one.rings.token, 'portal')
    const { id } = await rotate('token')
    await one.refresh()
    assert.notEqual(one.rings.token.minting.id, id)
    assert.ok(one.rings.token.byId.has(id))
    await other.refresh()
    await takeOver()
    assert.deepEqual([one.rings.token.minting.id, other.rings.token.minting.id], [id, id])
    const after = mintToken(one.rings.token, 'portal')
    for (const keys of [one, other]) {
      assert.ok(isOurToken(keys.rings.token, 'portal', before))
      assert.ok(isOurToken(keys.rings.token, 'portal', after))
    }
  })

  test('a process that has not heard of a key asks once, and not again for a second', async (t) => {
    const { database, one, rotate, takeOver } = await openTwo(t)
    const { late, table, clock } = await openLate(database)
    const { id } = await rotate('token')
    await takeOver()
    const token = mintToken(one.rings.token, 'portal')
    assert.equal(isOurToken(late.rings.token, 'portal', token), false)
    // Whoever comes while the keys are read waits for them too, and is not refused.
    const [first, second] = [late.rings.token.learn?.(id), late.rings.token.learn?.(id)]
    assert.notEqual(second, null)
    await Promise.all([first, second])
    assert.ok(isOurToken(late.rings.token, 'portal', token))
    assert.equal(table.asked, 1)
    assert.equal(late.rings.token.learn?.(1_000), null)
    assert.equal(table.asked, 1)
    clock.now += 1_001
    await late.rings.token.learn?.(1_000)
    assert.equal(table.asked, 2)
  })

  test('where the keys can not be read, an unknown key is a fault and not a refusal', async () => {
    const { late, table } = await openLate(null)
    table.isAway = true
    for (let asked = 0; asked < 3; asked++)
      await assert.rejects(Promise.resolve(late.rings.token.learn?.(1_000)), { code: 'store_unavailable' })
    assert.equal(table.asked, 1)
  })

  test('one under another secret is a fault to a process that lacks that, and stays away from its ring', async (t) => {
    const { database, one } = await openTwo(t)
    const { wrapping } = await openLiveKeys(database, [OTHER_SECRET, SECRET])
    const parts = { wrapping, onChanged: async () => {} }
    const { id } = await database.transaction((tx) => beginRotation(tx, parts, 'token'))
    await one.refresh()
    assert.deepEqual([...one.unopened], [id])
    assert.equal(one.rings.token.byId.has(id), false)
    await assert.rejects(Promise.resolve(one.rings.token.learn?.(id)), { code: 'store_unavailable' })
  })

  test('of two operators at once one begins it and the other is told of that', async (t) => {
    const { rotate, changes } = await openTwo(t)
    const both = await Promise.all([rotate('sealing'), rotate('sealing')])
    assert.deepEqual(both.map(({ kind }) => kind).toSorted(), ['begun', 'under_way'])
    assert.equal(both[0].id, both[1].id)
    assert.equal(changes.length, 1)
  })

  test('of two processes that promote it at once one does', async (t) => {
    const { database, rotate, changes } = await openTwo(t)
    const { id } = await rotate('token')
    await database.query(DUE)
    const note = async (_: unknown, { kind }: KeyChange): Promise<void> => void changes.push(kind)
    const promoted = await Promise.all([promoteDueKeys(database, note), promoteDueKeys(database, note)])
    assert.deepEqual(promoted.flat(), ['token'])
    assert.deepEqual(changes, [`token ${id} rotated`, 'retired'])
  })

  test('a program of before sees one key to mint with for each purpose at every step', async (t) => {
    const { database, rotate, takeOver } = await openTwo(t)
    const seen = async (): Promise<number[]> => (await database.query(MINTING_FOR_OLD)).map(({ count }) => count)
    for (const purpose of ['token', 'sealing', 'pepper', 'assertion', 'audit'] as const) await rotate(purpose)
    assert.deepEqual(await seen(), [1, 1, 1, 1, 1])
    await takeOver()
    assert.deepEqual(await seen(), [1, 1, 1, 1, 1])
    await database.query(LONG_AGO)
    await endUnneededKeys(database, async () => {})
    assert.deepEqual(await seen(), [1, 1, 1, 1, 1])
  })

  test('a table that lost its rows takes nothing from what runs', async (t) => {
    const { database, one } = await openTwo(t)
    const token = mintToken(one.rings.token, 'portal')
    await database.query(FORGET_KEYS)
    await one.refresh()
    assert.ok(isOurToken(one.rings.token, 'portal', token))
    assert.equal(one.rings.token.byId.size, 1)
  })
})

suite('ending a key', () => {
  test('one that nothing needs goes a day after it was retired, everywhere; those of the audit log stay', async (t) => {
    const { database, one, other, changes, rotate, takeOver } = await openTwo(t)
    const old = [one.rings.token.minting.id, one.rings.audit.minting.id]
    for (const purpose of ['token', 'audit'] as const) await rotate(purpose)
    await takeOver()
    assert.deepEqual(await endUnneededKeys(database, async () => {}), [])
    await database.query(LONG_AGO)
    await addOwner(database, 'ann')
    await database.query(ADD_TOKEN_OF_DISABLED, `ptp_${keyIdText(old[0] ?? 0)}`)
    assert.deepEqual(await endUnneededKeys(database, async () => {}), [], 'an API token is good again with its owner')
    await database.query(REVOKE_ALL)
    const ended = await endUnneededKeys(database, async (_, { kind, id }) => void changes.push(`${kind} ${id}`))
    assert.deepEqual(ended, [old[0]])
    assert.ok(changes.includes(`ended ${old[0]}`))
    const gone: string[] = []
    other.onEnded((purposes) => gone.push(...purposes))
    await other.refresh()
    assert.equal(other.rings.token.byId.size, 1)
    assert.equal(other.rings.audit.byId.size, 2)
    assert.deepEqual(gone, ['token'])
  })

  test('all of tokens at once: what they made is refused, and what the new one makes is not', async (t) => {
    const { database, one, other, rotate } = await openTwo(t)
    const before = mintToken(one.rings.token, 'portal')
    await rotate('token')
    await other.refresh()
    const parts = { wrapping: one.wrapping, onChanged: async () => {} }
    const id = await database.transaction((tx) => replaceKeys(tx, parts, 'token'))
    await Promise.all([one.refresh(), other.refresh()])
    assert.equal(isOurToken(other.rings.token, 'portal', before), false)
    assert.ok(isOurToken(other.rings.token, 'portal', mintToken(one.rings.token, 'portal')))
    assert.deepEqual([...other.rings.token.byId.keys()], [id])
  })
})

suite('what a key made', () => {
  test('is sealed anew, opens by both keys meanwhile, and then without the old one', async (t) => {
    const { database, one, other, rotate, takeOver } = await openTwo(t)
    const factors = createFactors(one.rings.sealing, PUBLIC_URL)
    const userId = await addOwner(database, 'alice')
    const key = await addTotp(database, factors, userId)
    const old = one.rings.sealing.minting.id
    await rotate('sealing')
    await takeOver()
    assert.deepEqual(await countNeeds(database, { id: old, purpose: 'sealing' }), [{ what: 'totp', count: 1 }])
    await database.query(LONG_AGO)
    assert.deepEqual(await endUnneededKeys(database, async () => {}), [])
    assert.ok(await factors.factors.proveTotp(database, userId, codeAt(key, NOW), NOW))
    const both = await Promise.all([reseal(database, one.rings.sealing), reseal(database, other.rings.sealing)])
    assert.equal(
      both.reduce((sum, { done }) => sum + done, 0),
      1,
    )
    assert.deepEqual(await database.query(SEALED_BY), [{ key_id: one.rings.sealing.minting.id }])
    assert.deepEqual(await endUnneededKeys(database, async () => {}), [old])
    await Promise.all([one.refresh(), other.refresh()])
    assert.equal(one.rings.sealing.byId.size, 1)
    const elsewhere = createFactors(other.rings.sealing, PUBLIC_URL)
    assert.ok(await elsewhere.factors.proveTotp(database, userId, codeAt(key, NOW, 2), NOW + 60_000))
  })

  test('is sealed anew for passkeys too, in batches, and where a process ends in between the next one goes on', async (t) => {
    const { database, one, other, rotate, takeOver } = await openTwo(t)
    const userId = await addOwner(database, 'alice')
    const sealing = createSealing(one.rings.sealing)
    const placeOf = (rowId: string) => ({ purpose: 'webauthn public key', rowId, userId }) as const
    const ids = Array.from({ length: 1_001 }, () => randomUUID())
    const sealed = ids.map((id) => sealing.seal(placeOf(id), Buffer.from(`key of ${id}`)))
    await database.query(ADD_PASSKEYS, userId, ids, sealed)
    await rotate('sealing')
    await takeOver()
    const ending = new AbortController()
    const first = reseal(database, one.rings.sealing, ending.signal)
    ending.abort()
    assert.equal((await first).finished, false)
    const second = await reseal(database, other.rings.sealing)
    assert.deepEqual([(await first).done + second.done, second.finished], [ids.length, true])
    const opened = createSealing({
      minting: other.rings.sealing.minting,
      byId: new Map([[other.rings.sealing.minting.id, other.rings.sealing.minting]]),
    })
    for (const { id, sealed: value } of await database.query(LIST_PASSKEYS))
      assert.equal(opened.open(placeOf(id), value)?.toString(), `key of ${id}`)
  })

  test('that nothing opens is left as it is and counted', async (t) => {
    const { database, one } = await openTwo(t)
    await addOwner(database, 'alice')
    await database.query(SPOIL)
    assert.deepEqual(await reseal(database, one.rings.sealing), { done: 0, unopened: 1, finished: true })
  })

  test('as a password fits under the old pepper everywhere, and is hashed anew at the next sign-in', async (t) => {
    const { database, one, other, rotate, takeOver } = await openTwo(t)
    const passwords = await openPasswords(one.rings.pepper)
    const stored = await passwords.hash('correct horse battery')
    await addOwner(database, 'alice')
    await database.query(ADD_PASSWORD, 'alice', stored.hash, stored.pepperKeyId)
    await rotate('pepper')
    await takeOver()
    const needs = { id: stored.pepperKeyId ?? 0, purpose: 'pepper' }
    assert.deepEqual(await countNeeds(database, needs), [{ what: 'passwords', count: 1 }])
    const elsewhere = await openPasswords(other.rings.pepper)
    const fit = await elsewhere.verify(stored, 'correct horse battery')
    const anew = await fit?.upgrade?.()
    assert.equal(anew?.pepperKeyId, other.rings.pepper.minting.id)
    await database.query(ADD_PASSWORD, 'alice', anew?.hash ?? '', anew?.pepperKeyId ?? null)
    await database.query(LONG_AGO)
    assert.deepEqual(await endUnneededKeys(database, async () => {}), [stored.pepperKeyId])
    await one.refresh()
    assert.ok(await passwords.verify(anew ?? null, 'correct horse battery'))
    assert.equal(await passwords.verify(null, 'correct horse battery'), null)
  })
})

interface Late {
  readonly late: LiveKeys
  /** How often the table was asked. */
  readonly table: { asked: number; isAway: boolean }
  readonly clock: { now: number }
}

/** A process that is told nothing, over the rows of another or some of its own. */
async function openLate(database: Database | null): Promise<Late> {
  const wrapping = createKeyWrapping([SECRET])
  const made = PURPOSES.map((purpose, index) => ({ id: index + 1, purpose, wrapped_key: wrapping.make(purpose) }))
  const own = made.map((row) => ({ ...row, minting: true, due: false }))
  const table = { asked: 0, isAway: false }
  const clock = { now: 0 }
  const query = async (): Promise<never> => {
    table.asked++
    if (table.isAway) throw new Error('away')
    return (database === null ? own : await database.query(LIST_KEYS)) as never
  }
  const rows = database === null ? own : await database.query(LIST_KEYS)
  return { late: createLiveKeys({ database: { query }, wrapping, rows, now: () => clock.now }), table, clock }
}
