import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createDevices } from '../../src/limits/devices.ts'
import type { Devices } from '../../src/limits/devices.ts'
import { hashToken, mintToken } from '../../src/lib/tokens.ts'
import type { Database } from '../../src/store/database.ts'
import { cookieNames } from '../../src/web/cookies.ts'
import { setPassword } from '../../src/users/users.ts'
import { key, ringOf } from '../lib/rings.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import { addUser } from '../users/fixture.ts'

const keys = ringOf(key(1))
const devices = createDevices(keys, { names: cookieNames(true), secure: true })
const DAY_MS = 86_400_000

test('a device cookie counts only when we made it for this, and there is one', () => {
  const token = mintToken(keys, 'device')
  assert.deepEqual(devices.read([`a=b; __Host-postern_device=${token}`]), hashToken(token))
  const others = [mintToken(keys, 'portal'), mintToken(ringOf(key(2)), 'device'), `${token}x`, '']
  for (const other of others) assert.equal(devices.read([`__Host-postern_device=${other}`]), null)
  assert.equal(devices.read([`__Host-postern_device=${token}; __Host-postern_device=${token}`]), null)
  assert.equal(devices.read([]), null)
})

const databases = await Promise.all([
  openTestDatabase({ after }).then(({ database }) => ['PostgreSQL', database] as const),
  openTestEmbedded({ after }).then((database) => ['embedded', database] as const),
])
for (const [name, database] of databases) {
  const learn = (userId: string, token: string | null, more: object = {}): Promise<string | null> =>
    learnOn(database, userId, { token, ...more })

  test(`${name}: a device is known to who signed in from it, and keeps its cookie from then on`, async () => {
    const [user, other] = [await addUser(database), await addUser(database)]
    const token = (await learn(user.id, null)) ?? ''
    assert.deepEqual(await isKnown(database, devices, user.id, token), true)
    assert.equal(await isKnown(database, devices, other.id, token), false)
    assert.equal(await learn(user.id, token), null)
    assert.equal((await devices.list(database, user.id)).length, 1)
  })

  test(`${name}: a cookie that somebody planted is worth nothing once its victim signed in with it`, async () => {
    const [victim, attacker] = [await addUser(database), await addUser(database)]
    const planted = (await learn(attacker.id, null)) ?? ''
    const renewed = (await learn(victim.id, planted)) ?? ''
    assert.notEqual(renewed, planted)
    assert.equal(await isKnown(database, devices, victim.id, planted), false)
    assert.equal(await isKnown(database, devices, victim.id, renewed), true)
    // On a browser that several people share, each stays known.
    assert.equal(await isKnown(database, devices, attacker.id, renewed), true)
  })

  test(`${name}: trust lasts for as long as agreed, and ends with the password that it began with`, async () => {
    const user = await addUser(database)
    const first = (await learn(user.id, null)) ?? ''
    const token = (await learn(user.id, first, { trustForMs: 30 * DAY_MS })) ?? ''
    const trusted = async (): Promise<boolean> =>
      (await devices.find(database, user.id, hashToken(token)))?.isTrusted === true
    assert.notEqual(token, first)
    assert.equal(await trusted(), true)
    assert.equal(await learn(user.id, token), null)
    assert.equal(await trusted(), true)
    await database.transaction((tx) => setPassword(tx, user.login, { hash: 'another', pepperKeyId: 1 }))
    assert.equal(await trusted(), false)
    const brief = (await learn(user.id, token, { trustForMs: -1 })) ?? ''
    assert.equal((await devices.find(database, user.id, hashToken(brief)))?.isTrusted, false)
  })

  test(`${name}: of more than twenty devices the least used go`, async () => {
    const user = await addUser(database)
    const tokens = []
    for (let count = 0; count < 22; count++) tokens.push((await learn(user.id, null)) ?? '')
    const known = await Promise.all(tokens.map((token) => isKnown(database, devices, user.id, token)))
    assert.deepEqual(known, [false, false, ...Array.from({ length: 20 }, () => true)])
  })

  test(`${name}: a device is forgotten by its owner alone`, async () => {
    const [user, other] = [await addUser(database), await addUser(database)]
    const token = (await learn(user.id, null)) ?? ''
    const [device] = await devices.list(database, user.id)
    assert.equal(await devices.forget(database, other.id, device?.id ?? ''), false)
    assert.equal(await devices.forget(database, user.id, device?.id ?? ''), true)
    assert.equal(await isKnown(database, devices, user.id, token), false)
    await learn(user.id, null)
    await learn(user.id, null)
    assert.equal(await devices.forgetAll(database, user.id), 2)
  })
}

async function isKnown(database: Database, known: Devices, userId: string, token: string): Promise<boolean> {
  return (await known.find(database, userId, hashToken(token))) !== null
}

function learnOn(
  database: Database,
  userId: string,
  { token, ...more }: { token: string | null; trustForMs?: number },
): Promise<string | null> {
  const deviceHash = token === null ? null : hashToken(token)
  const seen = { userId, deviceHash, address: '192.0.2.1', userAgent: 'Firefox', ...more }
  return database.transaction((tx) => devices.learn(tx, seen))
}
