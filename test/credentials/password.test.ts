import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { hash as plainHash } from 'argon2'
import fc from 'fast-check'
import { MAX_CHECKS, openPasswords } from '../../src/credentials/password.ts'
import type { Passwords, StoredPassword } from '../../src/credentials/password.ts'
import { MAX_PASSWORD_CODE_POINTS, passwordFault } from '../../src/credentials/password-rules.ts'
import { key, ringOf } from '../lib/rings.ts'

const PASSWORD = 'correct horse battery staple'
const pepper = key(1)
let passwords: Passwords
before(async () => {
  passwords = await openPasswords(ringOf(pepper))
})

test('PW-05: a hash is argon2id with 19 MiB, two passes, one lane and a salt of its own', async () => {
  const [one, other] = await Promise.all([passwords.hash(PASSWORD), passwords.hash(PASSWORD)])
  const [, parameters = ''] = /^\$argon2id\$v=19\$([^$]+)\$[\w+/]{22}\$[\w+/]{43}$/.exec(one.hash) ?? []
  assert.deepEqual(new Set(parameters.split(',')), new Set(['m=19456', 't=2', 'p=1']))
  assert.notEqual(one.hash.split('$')[4], other.hash.split('$')[4])
  assert.equal(one.pepperKeyId, 1)
})

test('a password fits its own hash and no other does', async () => {
  const stored = await passwords.hash(PASSWORD)
  assert.equal(await fits(stored, PASSWORD), true)
  for (const other of ['', `${PASSWORD} `, PASSWORD.toUpperCase(), PASSWORD.slice(1)]) {
    assert.equal(await fits(stored, other), false, other)
  }
})

test('LOGIN-14: the same text composed or decomposed is the same password', async () => {
  const text = 'Grüße aus Málaga, ſchön'
  const stored = await passwords.hash(text.normalize('NFD'))
  assert.equal(await fits(stored, text.normalize('NFC')), true)
  assert.equal(await fits(stored, text.normalize('NFD')), true)
  assert.equal(await fits(stored, text.normalize('NFKC')), false)
})

test('PW-07: nothing of a password is cut off, neither behind a NUL nor behind 72 bytes', async () => {
  const start = 'a'.repeat(72)
  const pairs = [
    [`${start}b`, `${start}c`],
    ['secret\0one', 'secret\0two'],
    ['x'.repeat(1_023) + 'y', 'x'.repeat(1_023) + 'z'],
  ] as const
  for (const [one, other] of pairs) {
    const stored = await passwords.hash(one)
    assert.deepEqual([await fits(stored, one), await fits(stored, other)], [true, false])
  }
})

test('without its pepper a hash fits nothing, not even the right password', async () => {
  const stored = await passwords.hash(PASSWORD)
  const stolen = await openPasswords(ringOf(key(1)))
  assert.equal(await fits(stored, PASSWORD, stolen), false)
  const unpeppered = { hash: await plainHash(PASSWORD), pepperKeyId: 1 }
  assert.equal(await fits(unpeppered, PASSWORD), false)
  const other = await openPasswords(ringOf(key(2)))
  await assert.rejects(other.verify(stored, PASSWORD), /pepper key 1/)
})

test('a hash of a retired pepper still fits while another one mints', async () => {
  const stored = await passwords.hash(PASSWORD)
  const rotated = await openPasswords(ringOf(key(2), pepper))
  assert.equal(await fits(stored, PASSWORD, rotated), true)
  assert.equal((await rotated.hash(PASSWORD)).pepperKeyId, 2)
})

test('nobody is never let in, and costs about what a wrong password costs', async () => {
  const stored = await passwords.hash(PASSWORD)
  const cost = { somebody: [] as number[], nobody: [] as number[] }
  for (let round = 0; round < 5; round++) {
    cost.somebody.push(await cpuOf(() => passwords.verify(stored, 'wrong')))
    cost.nobody.push(await cpuOf(() => passwords.verify(null, 'wrong')))
  }
  const ratio = median(cost.nobody) / median(cost.somebody)
  assert.ok(ratio > 0.5 && ratio < 2, `${ratio}`)
})

test('nobody costs one argon2 even with an empty or a very long password, and is false', async () => {
  const least = await cpuOf(() => passwords.verify(null, ''))
  assert.ok(least > 5_000, `${least} µs`)
  assert.equal(await fits(null, 'x'.repeat(16_000)), false)
})

test('who wants a password checked while the line is full is told to try again', async () => {
  const others = Array.from({ length: MAX_CHECKS }, () => passwords.verify(null, 'x'))
  const late = [passwords.verify(null, 'x'), passwords.hash('x')]
  for (const each of late) await assert.rejects(each, { name: 'PosternError', code: 'too_many_attempts' })
  assert.deepEqual(new Set(await Promise.all(others)), new Set([null]))
})

test('PW-01: the length of a new password is counted in code points of its composed form', () => {
  const refused = ['', 'a'.repeat(11), '🦊'.repeat(11), 'e\u0301'.repeat(11), 'a'.repeat(MAX_PASSWORD_CODE_POINTS + 1)]
  for (const text of refused) assert.match(passwordFault(text, 12) ?? '', /^Use at (least|most) \d+ characters\.$/)
  const taken = ['a'.repeat(12), '🦊'.repeat(12), 'e\u0301'.repeat(12), 'two  words ok', '🦊'.repeat(1_024)]
  for (const text of taken) assert.equal(passwordFault(text, 12), null, text)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      assert.equal(passwordFault(text.normalize('NFC'), 12), passwordFault(text.normalize('NFD'), 12))
    }),
  )
})

async function fits(stored: StoredPassword | null, password: string, by = passwords): Promise<boolean> {
  return (await by.verify(stored, password)) !== null
}

async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage().user
  await work()
  return process.cpuUsage().user - start
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN
}
