import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createSealing } from '../../src/credentials/sealing.ts'
import type { SealedPlace } from '../../src/credentials/sealing.ts'
import { createKey } from '../../src/lib/key-ring.ts'
import type { Key, KeyRing } from '../../src/lib/key-ring.ts'

const SECRET = Buffer.from('a secret of twenty b')
const PLACE: SealedPlace = { purpose: 'totp secret', rowId: randomUUID(), userId: randomUUID() }

function ring(minting: Key, ...old: readonly Key[]): KeyRing {
  return { minting, byId: new Map([minting, ...old].map((key) => [key.id, key])) }
}

test('what was sealed opens in its place, and a second sealing looks different', () => {
  const sealing = createSealing(ring(createKey(7, randomBytes(32))))
  const [one, other] = [sealing.seal(PLACE, SECRET), sealing.seal(PLACE, SECRET)]
  assert.deepEqual(sealing.open(PLACE, one), SECRET)
  assert.notDeepEqual(one, other)
  assert.equal(one.includes(SECRET), false)
})

test('MFA-14: moved to another row, user or purpose it does not open', () => {
  const sealing = createSealing(ring(createKey(7, randomBytes(32))))
  const sealed = sealing.seal(PLACE, SECRET)
  const elsewhere: Partial<SealedPlace>[] = [
    { rowId: randomUUID() },
    { userId: randomUUID() },
    { rowId: PLACE.userId, userId: PLACE.rowId },
    { purpose: 'webauthn public key' },
  ]
  for (const other of elsewhere) assert.equal(sealing.open({ ...PLACE, ...other }, sealed), null)
})

test('any changed, missing or added byte keeps it closed', () => {
  const sealing = createSealing(ring(createKey(7, randomBytes(32))))
  const sealed = sealing.seal(PLACE, SECRET)
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    assert.equal(sealing.open(PLACE, changed), null, `byte ${at}`)
  }
  for (const cut of [0, 1, 5, 32, sealed.length - 1]) assert.equal(sealing.open(PLACE, sealed.subarray(0, cut)), null)
  assert.equal(sealing.open(PLACE, Buffer.concat([sealed, Buffer.alloc(1)])), null)
})

test('a retired key opens what it sealed, a key that is gone nothing', () => {
  const [old, next] = [createKey(7, randomBytes(32)), createKey(8, randomBytes(32))]
  const sealed = createSealing(ring(old)).seal(PLACE, SECRET)
  assert.deepEqual(createSealing(ring(next, old)).open(PLACE, sealed), SECRET)
  assert.equal(createSealing(ring(next)).open(PLACE, sealed), null)
})
