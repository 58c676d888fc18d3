import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import test from 'node:test'
import fc from 'fast-check'
import { hashToken, isOurToken, mintToken } from '../../src/lib/tokens.ts'
import type { TokenPurpose } from '../../src/lib/tokens.ts'
import { key, ringOf } from './rings.ts'

const PURPOSES = ['portal', 'app', 'invite'] as const satisfies readonly TokenPurpose[]
const BASE64URL = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
const ring = ringOf(key(1))
const anyPurpose = fc.constantFrom(...PURPOSES)

test('a token is known for what it was made for, by every key of the ring', () => {
  for (const id of [1, 35, 36, 1_295]) {
    const [oldKey, newKey] = [key(id), key(7)]
    for (const purpose of PURPOSES) {
      const token = mintToken(ringOf(oldKey), purpose)
      assert.match(token, /^p[sai]1[0-9a-z]{2}[\w-]{54}$/)
      assert.equal(isOurToken(ringOf(newKey, oldKey), purpose, token), true)
    }
  }
})

test('COOK-13, COOK-14: a token of one purpose is none of another, not even with its prefix put on', () => {
  fc.assert(
    fc.property(anyPurpose, anyPurpose, (made, asked) => {
      const token = mintToken(ring, made)
      const renamed = mintToken(ring, asked).slice(0, 3) + token.slice(3)
      assert.equal(isOurToken(ring, asked, token), made === asked)
      assert.equal(isOurToken(ring, asked, renamed), made === asked)
    }),
  )
})

test('COOK-02: a token with any character changed is not ours', () => {
  const token = mintToken(ring, 'portal')
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom(...BASE64URL), (place, character) => {
      const changed = token.slice(0, place) + character + token.slice(place + 1)
      assert.equal(isOurToken(ring, 'portal', changed), changed === token)
    }),
    { numRuns: 2_000 },
  )
})

test('COOK-02: a token has one spelling: the spare bits of its last character count', () => {
  const token = mintToken(ring, 'portal')
  const bytes = Buffer.from(token.slice(5), 'base64url')
  const others = BASE64URL.map((last) => token.slice(0, -1) + last).filter((other) => other !== token)
  const same = others.filter((other) => Buffer.from(other.slice(5), 'base64url').equals(bytes))
  assert.equal(same.length, 15)
  for (const other of others) assert.equal(isOurToken(ring, 'portal', other), false, other)
})

test('COOK-02: what is cut, extended, escaped or spelt otherwise is not ours', () => {
  const token = mintToken(ring, 'portal')
  const body = token.slice(5)
  const respelt = [token.slice(0, -1), `${token}A`, `${token}=`, `${token}\n`, ` ${token}`, `"${token}"`, `${token}\0`]
  const encoded = [token.toUpperCase(), encodeURIComponent(`${token};`), `ps1${body}`, `ps1 1${body}`, `ps1+1${body}`]
  const classic = token.slice(0, 5) + body.replaceAll('-', '+').replaceAll('_', '/')
  const foreign = ['', 'ps1', 'A'.repeat(59), 'x'.repeat(10_000), `ps101${'A'.repeat(54)}`, `ps101${'ü'.repeat(54)}`]
  for (const other of [...respelt, ...encoded, ...foreign, ...(classic === token ? [] : [classic])]) {
    assert.equal(isOurToken(ring, 'portal', other), false, other.slice(0, 80))
  }
})

test('any text that we did not make is refused without an exception', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^ps1[0-9a-z]{2}[\w-]{54}$/))
  fc.assert(fc.property(text, (other) => assert.equal(isOurToken(ring, 'portal', other), false)))
})

test('a token of a key that the ring does not have is not ours, nor is one that names another key', () => {
  const [one, two] = [key(1), key(2)]
  const token = mintToken(ringOf(one), 'portal')
  assert.equal(isOurToken(ringOf(two), 'portal', token), false)
  assert.equal(isOurToken(ringOf(key(1)), 'portal', token), false)
  assert.equal(isOurToken(ringOf(one, two), 'portal', token.replace(/^ps101/, 'ps102')), false)
})

test('a tag over the random part alone, or cut short, makes no token', () => {
  const random = Buffer.alloc(24, 1)
  const { bytes } = ring.minting
  const tags = [createHmac('sha256', bytes).update(random), createHmac('sha256', bytes).update('portal').update(random)]
  for (const tag of tags) {
    const body = Buffer.concat([random, tag.digest().subarray(0, 16)]).toString('base64url')
    assert.equal(isOurToken(ring, 'portal', `ps101${body}`), false)
  }
})

test('SESS-17: ten thousand tokens are all different, in every part of the random bytes', () => {
  const bodies = Array.from({ length: 10_000 }, () => mintToken(ring, 'portal').slice(5))
  for (const part of [0, 8, 16, 24])
    assert.equal(new Set(bodies.map((body) => body.slice(part, part + 8))).size, 10_000)
})

test('a key whose id has no room in a token mints nothing', () => {
  assert.throws(() => mintToken(ringOf(key(1_296)), 'portal'), /1296/)
})

test('SESS-16: what is kept at rest is the SHA-256 of the token', () => {
  assert.equal(hashToken('abc').toString('hex').slice(0, 16), 'ba7816bf8f01cfea')
  assert.equal(hashToken(mintToken(ring, 'portal')).byteLength, 32)
})
