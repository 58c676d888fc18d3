import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPrincipalSeal } from '../../src/sessions/principal-seal.ts'
import { readEntry } from '../../src/sessions/shared-entry.ts'
import { KNOWN, keyRing } from './shared-tier.ts'

const HASH = createHash('sha256').update('token').digest()
const { readAt: _, ...fact } = KNOWN
const ENTRY = { fact, writtenAt: 1_700_000_000_000 }

test('what is sealed opens again for the same token, key and database', () => {
  const seal = createPrincipalSeal(keyRing(1), 'database')
  assert.deepEqual(seal.open(HASH, seal.close(HASH, ENTRY)), ENTRY)
})

test('one changed bit, one byte less or more, anywhere, and nothing opens', () => {
  const seal = createPrincipalSeal(keyRing(1), 'database')
  const sealed = seal.close(HASH, ENTRY)
  for (let place = 0; place < sealed.length; place++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = Buffer.from(sealed)
      changed.writeUInt8(sealed.readUInt8(place) ^ (1 << bit), place)
      assert.equal(seal.open(HASH, changed), null, `bit ${bit} of byte ${place}`)
    }
    assert.equal(seal.open(HASH, sealed.subarray(0, place)), null, `cut at ${place}`)
    assert.equal(
      seal.open(HASH, Buffer.concat([sealed.subarray(0, place), Buffer.of(0), sealed.subarray(place)])),
      null,
    )
  }
})

test('no bytes of anybody else open, and none throw', () => {
  const seal = createPrincipalSeal(keyRing(1), 'database')
  const header = Buffer.from([2, 0, 0, 0, 1])
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (bytes, withHeader) => {
      const value = withHeader ? Buffer.concat([header, bytes]) : Buffer.from(bytes)
      assert.equal(seal.open(HASH, value), null)
    }),
  )
})

test('a value of another token, database or key is none', () => {
  const keys = keyRing(1)
  const sealed = createPrincipalSeal(keys, 'database').close(HASH, ENTRY)
  assert.equal(createPrincipalSeal(keys, 'database').open(randomBytes(32), sealed), null)
  assert.equal(createPrincipalSeal(keys, 'restored').open(HASH, sealed), null)
  assert.equal(createPrincipalSeal(keyRing(1), 'database').open(HASH, sealed), null)
  assert.equal(createPrincipalSeal(keyRing(2), 'database').open(HASH, sealed), null)
})

test('what a retired key sealed still opens, and the new one seals', () => {
  const keys = keyRing(7, 300)
  const old = keys.byId.get(7)
  assert.ok(old)
  const before = createPrincipalSeal({ minting: old, byId: new Map([[7, old]]) }, 'database')
  const after = createPrincipalSeal(keys, 'database')
  assert.deepEqual(after.open(HASH, before.close(HASH, ENTRY)), ENTRY)
  assert.equal(before.open(HASH, after.close(HASH, ENTRY)), null)
})

test('two seals of the same differ, and show nothing of what is inside', () => {
  const seal = createPrincipalSeal(keyRing(1), 'database')
  const [one, other] = [seal.close(HASH, ENTRY), seal.close(HASH, ENTRY)]
  assert.notDeepEqual(one, other)
  assert.ok(!one.includes('alice') && !one.includes(HASH))
})

const text = JSON.stringify(ENTRY)
const ODD: readonly string[] = [
  '',
  'null',
  '[]',
  '1',
  '{}',
  text.slice(0, -1),
  `[${text}]`,
  text.replace('"host":"app.example.com"', '"host":7'),
  text.replace('"host":"app.example.com",', ''),
  text.replace('"host":', '"toString":null,"host":'),
  text.replace('"login":"alice"', '"login":["alice"]'),
  text.replace('"login":"alice"', '"login":"alice","admin":true'),
  text.replace('"login":"alice"', '"__proto__":{"login":"alice"}'),
  text.replace('"login":"alice"', '"hasOwnProperty":"login"'),
  text.replace('"fact":{', '"__proto__":{},"fact":{'),
  text.replace('"roles":["staff","user"]', '"roles":"staff"'),
  text.replace('"roles":["staff","user"]', '"roles":["staff",1]'),
  text.replace('"roles":["staff","user"]', '"roles":{"0":"staff","length":1}'),
  text.replace('"totp":', '"__proto__":'),
  text.replace('"totp":', '"constructor":'),
  text.replace('"totp":1700000000001', '"totp":"1700000000001"'),
  text.replace('"totp":1700000000001', '"totp":1.5'),
  text.replace('4000000000000', '1e400'),
  text.replace('4000000000000', '-1'),
  text.replace('4000000000000', '"4000000000000"'),
  text.replace('700:702:700,701', '700:702'),
  text.replace('700:702:700,701', '0x1:2:'),
  text.replace('700:702:700,701', '700:702:\\n'),
  text.replace('11111111-', 'g1111111-'),
  text.replace('1700000000000}', 'null}'),
]

test('only the one form of an entry is read, and nothing is turned into what it is not', () => {
  assert.deepEqual(readEntry(text), ENTRY)
  for (const odd of ODD) {
    assert.notEqual(odd, text)
    assert.equal(readEntry(odd), null, odd)
  }
  assert.equal(({} as Record<string, unknown>)['login'], undefined)
})

test('what a sign-in has shown opens with it, and no other form of it does', () => {
  const shown = { networks: ['198.51.100.0/24'], devices: ['a'], moves: [] }
  const principal = { ...fact.principal, movedAt: 1_700_000_000_000 }
  const whole = { ...ENTRY, fact: { ...fact, principal, shown } }
  assert.deepEqual(readEntry(JSON.stringify(whole)), whole)
  for (const odd of [null, {}, { ...shown, networks: 'x' }, { ...shown, devices: [1] }, { ...shown, more: [] }])
    assert.equal(readEntry(JSON.stringify({ ...ENTRY, fact: { ...fact, shown: odd } })), null, JSON.stringify(odd))
  for (const movedAt of [null, -1, '1', 1.5])
    assert.equal(readEntry(JSON.stringify({ ...ENTRY, fact: { ...fact, principal: { ...principal, movedAt } } })), null)
})
