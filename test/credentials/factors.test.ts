import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { before, suite, test } from 'node:test'
import { createKey } from '../../src/lib/key-ring.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { suiteCleanup } from '../support/app.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import type { Cleanup } from '../support/directories.ts'
import { addOwner, addTotp, codeAt, NOW, openFactors, sealingKeys } from './owner.ts'
import type { FactorSet } from './owner.ts'

const AT_ONCE = 32
const LIST_SECRETS = statement<[], { user_id: string; sealed_secret: Buffer }>(
  'list_secrets',
  `select user_id, sealed_secret from auth.totp_devices`,
)
const LIST_HASHES = statement<[], { code_hash: Buffer }>('list_hashes', `select code_hash from auth.recovery_codes`)
const SWAP_SECRETS = statement<[]>(
  'swap_secrets',
  `update auth.totp_devices t set sealed_secret = o.sealed_secret from auth.totp_devices o where o.id <> t.id`,
)
const AGE_DEVICES = statement<[]>(
  'age_devices',
  `update auth.totp_devices set created_at = created_at - interval '11 minutes'`,
)

const drivers = {
  PostgreSQL: async (t: Cleanup): Promise<Database> => (await openTestDatabase(t)).database,
  'the embedded database': openTestEmbedded,
}

/** How many of so many at once said yes. */
async function winners(database: Database, prove: Parameters<Database['transaction']>[0]): Promise<number> {
  const all = await Promise.all(Array.from({ length: AT_ONCE }, () => database.transaction(prove)))
  return all.filter(Boolean).length
}

for (const [driver, open] of Object.entries(drivers)) {
  suite(`TOTP in ${driver}`, () => {
    const cleanup = suiteCleanup()
    let database: Database
    let set: FactorSet
    before(async () => {
      database = await open(cleanup)
      set = openFactors()
    })
    const prove = (userId: string, code: string, nowMs = NOW): Promise<boolean> =>
      database.transaction((tx) => set.factors.proveTotp(tx, userId, code, nowMs))

    test('a code counts once, and so does each later one', async () => {
      const userId = await addOwner(database, 'once')
      const key = await addTotp(database, set, userId)
      assert.equal(await prove(userId, codeAt(key, NOW)), true)
      assert.equal(await prove(userId, codeAt(key, NOW)), false)
      assert.equal(await prove(userId, codeAt(key, NOW, 1), NOW + 30_000), true)
    })

    test('MFA-04, RACE-03: of 32 uses of one code at once exactly one counts', async () => {
      const userId = await addOwner(database, 'race')
      const key = await addTotp(database, set, userId)
      const code = codeAt(key, NOW)
      assert.equal(await winners(database, (tx) => set.factors.proveTotp(tx, userId, code, NOW)), 1)
    })

    test('MFA-05: the code of a step before one that was used is refused', async () => {
      const userId = await addOwner(database, 'monotone')
      const key = await addTotp(database, set, userId)
      assert.equal(await prove(userId, codeAt(key, NOW)), true)
      assert.equal(await prove(userId, codeAt(key, NOW, -1)), false)
      assert.equal(await prove(userId, codeAt(key, NOW, 1)), true)
    })

    test('MFA-07: what is not exactly six ASCII digits is refused', async () => {
      const userId = await addOwner(database, 'strict')
      const key = await addTotp(database, set, userId)
      const code = codeAt(key, NOW)
      const wide = Array.from(code, (digit) => String.fromCodePoint(0xff10 + Number(digit))).join('')
      const others = [
        '12345',
        '1234567',
        wide,
        ` ${code} `,
        `${code}\n`,
        `+${code}`,
        '1e5',
        '',
        `${code.slice(0, 3)} ${code.slice(3)}`,
      ]
      for (const other of others) assert.equal(await prove(userId, other), false, other)
      assert.equal(await prove(userId, code), true)
    })

    test('each of several devices counts for itself, and nobody else’s does', async () => {
      const [userId, other] = [await addOwner(database, 'several'), await addOwner(database, 'another')]
      const [one, two] = [await addTotp(database, set, userId), await addTotp(database, set, userId)]
      const theirs = await addTotp(database, set, other)
      assert.equal(await prove(userId, codeAt(one, NOW)), true)
      assert.equal(await prove(userId, codeAt(two, NOW)), true)
      assert.equal(await prove(userId, codeAt(theirs, NOW)), false)
    })

    test('MFA-10: a device proves nothing until its first right code, which proves nothing else', async () => {
      const userId = await addOwner(database, 'new')
      const key = await set.ownFactors.beginTotp(database, userId)
      assert.equal(await prove(userId, codeAt(key, NOW)), false)
      assert.deepEqual(await set.factors.ownedBy(database, userId), [])
      const confirm = (code: string): Promise<boolean> =>
        set.ownFactors.confirmTotp(database, { userId, name: 'phone', code, nowMs: NOW })
      assert.equal(await confirm('000000'), codeAt(key, NOW) === '000000')
      assert.equal(
        await winners(database, (tx) =>
          set.ownFactors.confirmTotp(tx, { userId, name: 'p', code: codeAt(key, NOW), nowMs: NOW }),
        ),
        1,
      )
      assert.equal(await prove(userId, codeAt(key, NOW)), false)
      assert.equal(await prove(userId, codeAt(key, NOW, 1)), true)
      assert.deepEqual(await set.factors.ownedBy(database, userId), ['totp'])
    })

    test('a device that was begun again has its new key alone, and only for ten minutes', async () => {
      const userId = await addOwner(database, 'again')
      const [first, second] = [
        await set.ownFactors.beginTotp(database, userId),
        await set.ownFactors.beginTotp(database, userId),
      ]
      const confirm = (key: Buffer): Promise<boolean> =>
        set.ownFactors.confirmTotp(database, { userId, name: 'p', code: codeAt(key, NOW), nowMs: NOW })
      assert.equal(await confirm(first), false)
      await database.query(AGE_DEVICES)
      assert.equal(await confirm(second), false)
    })
  })
}

test('MFA-14: the secret is not in the database, and two users whose secrets were swapped prove nothing', async (t) => {
  const { database } = await openTestDatabase(t)
  const set = openFactors()
  const [alice, bob] = [await addOwner(database, 'alice'), await addOwner(database, 'bob')]
  const [hers, his] = [await addTotp(database, set, alice), await addTotp(database, set, bob)]
  for (const { sealed_secret: sealed } of await database.query(LIST_SECRETS))
    for (const key of [hers, his]) assert.equal(sealed.includes(key), false)
  await database.query(SWAP_SECRETS)
  for (const userId of [alice, bob])
    for (const key of [hers, his])
      assert.equal(await set.factors.proveTotp(database, userId, codeAt(key, NOW), NOW), false)
})

test('MFA-20: wrong, used, late and malformed codes take the same statements, with and without a device', async (t) => {
  const { database } = await openTestDatabase(t)
  const set = openFactors()
  const [userId, nobody] = [await addOwner(database, 'alice'), await addOwner(database, 'bob')]
  const key = await addTotp(database, set, userId)
  const statementsOf = async (whose: string, code: string): Promise<[boolean, string[]]> => {
    const names: string[] = []
    const query: Database['query'] = (asked, ...params) => {
      names.push(asked.name)
      return database.query(asked, ...params)
    }
    return [await set.factors.proveTotp({ query }, whose, code, NOW), names]
  }
  const [isRight, ofRight] = await statementsOf(userId, codeAt(key, NOW))
  assert.equal(isRight, true)
  for (const code of [codeAt(key, NOW), codeAt(key, NOW, -9), '12345', ''])
    for (const whose of [userId, nobody]) assert.deepEqual(await statementsOf(whose, code), [false, ofRight])
})

suite('recovery codes', () => {
  const cleanup = suiteCleanup()
  const keys = sealingKeys()
  let database: Database
  let set: FactorSet
  before(async () => {
    ;({ database } = await openTestDatabase(cleanup))
    set = openFactors(keys)
  })
  const prove = (userId: string, code: string): Promise<boolean> =>
    database.transaction((tx) => set.factors.proveRecovery(tx, userId, code))

  test('MFA-13: there are ten, each counts once, and letter case, dashes and blanks do not matter', async () => {
    const userId = await addOwner(database, 'ten')
    const codes = await set.ownFactors.renewCodes(database, userId)
    assert.equal(new Set(codes).size, 10)
    const [one = '', two = '', three = '', four = ''] = codes
    for (const code of codes) assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/)
    assert.equal(await prove(userId, one), true)
    assert.equal(await prove(userId, one), false)
    assert.equal(await prove(userId, two.toLowerCase().replaceAll('-', '')), true)
    assert.equal(await prove(userId, ` ${three.replaceAll('-', ' ')}\n`), true)
    assert.equal(await prove(userId, four.replaceAll('0', 'o').replaceAll('1', 'l')), true)
    assert.equal((await set.ownFactors.count(database, userId)).recovery, 6)
  })

  test('MFA-13, RACE-04: of 32 uses of one code at once exactly one counts', async () => {
    const userId = await addOwner(database, 'race')
    const [code = ''] = await set.ownFactors.renewCodes(database, userId)
    assert.equal(await winners(database, (tx) => set.factors.proveRecovery(tx, userId, code)), 1)
  })

  test('MFA-13: new ones void the old, also when they are made at once', async () => {
    const userId = await addOwner(database, 'renewed')
    const [old = ''] = await set.ownFactors.renewCodes(database, userId)
    const renewals = Array.from({ length: 8 }, () =>
      database.transaction((tx) => set.ownFactors.renewCodes(tx, userId)),
    )
    await Promise.all(renewals)
    assert.equal((await set.ownFactors.count(database, userId)).recovery, 10)
    assert.equal(await prove(userId, old), false)
  })

  test('they are nobody else’s, and nothing like a code is one', async () => {
    const [userId, other] = [await addOwner(database, 'mine'), await addOwner(database, 'theirs')]
    const [code = ''] = await set.ownFactors.renewCodes(database, userId)
    await set.ownFactors.renewCodes(database, other)
    assert.equal(await prove(other, code), false)
    for (const none of ['', '-', 'U'.repeat(16), code.slice(0, -1), `${code}0`, '0'.repeat(10_000)])
      assert.equal(await prove(userId, none), false)
    assert.equal(await prove(userId, code), true)
  })

  test('at rest there are hashes under a key, which a retired key still recognises', async () => {
    const userId = await addOwner(database, 'rest')
    const [code = ''] = await set.ownFactors.renewCodes(database, userId)
    const plain = code.replaceAll('-', '')
    for (const { code_hash: hash } of await database.query(LIST_HASHES))
      assert.equal(hash.includes(plain) || hash.toString('hex').includes(plain), false)
    const [old, next] = [keys.minting, createKey(2, randomBytes(32))]
    const both = openFactors({ minting: next, byId: new Map([old, next].map((key) => [key.id, key])) })
    assert.equal(
      await openFactors({ minting: next, byId: new Map([[2, next]]) }).factors.proveRecovery(database, userId, code),
      false,
    )
    assert.equal(await both.factors.proveRecovery(database, userId, code), true)
  })

  test('they count only beside another factor, and go with the last one', async () => {
    const userId = await addOwner(database, 'beside')
    await set.ownFactors.renewCodes(database, userId)
    assert.deepEqual(await set.factors.ownedBy(database, userId), [])
    await addTotp(database, set, userId)
    assert.deepEqual(await set.factors.ownedBy(database, userId), ['totp', 'recovery'])
    const [device] = await set.ownFactors.list(database, userId)
    const removal = { userId, kind: 'totp', id: device?.id ?? '', mustKeepOne: false } as const
    const removed = await database.transaction((tx) => set.ownFactors.remove(tx, removal))
    assert.deepEqual(removed, { kind: 'removed', name: 'phone' })
    assert.deepEqual(await set.ownFactors.count(database, userId), { totp: 0, webauthn: 0, recovery: 0 })
  })
})

test('WAN-14: of all factors that are removed at once the last one stays where it has to', async (t) => {
  const { database } = await openTestDatabase(t)
  const set = openFactors()
  const userId = await addOwner(database, 'alice')
  for (let device = 0; device < 10; device++) await addTotp(database, set, userId)
  const devices = await set.ownFactors.list(database, userId)
  const removals = devices.map(({ id }) =>
    database.transaction((tx) => set.ownFactors.remove(tx, { userId, kind: 'totp', id, mustKeepOne: true })),
  )
  const kinds = (await Promise.all(removals)).map(({ kind }) => kind)
  assert.equal(kinds.filter((kind) => kind === 'last_one').length, 1)
  assert.equal((await set.ownFactors.list(database, userId)).length, 1)
})
