import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { IDENTITY_HEADERS, identityHeaders, isIdentityAlias, percentUtf8 } from '../../src/verify/identity-headers.ts'
import { principal } from '../policies/fixture.ts'

const TEXTS = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('%', '2', '5', '\r', '\n', '\0', ' ', ',', 'é', '李', '😀', '\u2028') }),
)

test('percent-utf8 is printable ASCII and decodes to the text, for any text', () => {
  fc.assert(
    fc.property(TEXTS, (text) => {
      const encoded = percentUtf8(text)
      assert.match(encoded, /^[\x20-\x7e]*$/)
      assert.equal(decodeURIComponent(encoded), text)
    }),
    { numRuns: 3_000 },
  )
})

test('percent-utf8 makes what is no text readable instead of failing', () => {
  assert.equal(percentUtf8('a\ud800b'), 'a%EF%BF%BDb')
  assert.equal(percentUtf8('100 % "Zoë"'), '100 %25 "Zo%C3%AB"')
})

test('the whole list is told of somebody and, empty, of nobody', () => {
  const roles = new Set(['staff'])
  assert.deepEqual(
    identityHeaders(null, roles),
    IDENTITY_HEADERS.flatMap((name) => [name, '']),
  )
  const told = identityHeaders(principal('alice', []), roles)
  assert.deepEqual(
    told.filter((_, index) => index % 2 === 0),
    [...IDENTITY_HEADERS],
  )
})

test('roles that the policy dropped are not told', () => {
  const told = identityHeaders(principal('alice', ['gone', 'staff', 'wiki', '__proto__']), new Set(['wiki', 'staff']))
  assert.equal(told[told.indexOf('Remote-Groups') + 1], 'staff,wiki')
})

test('a name is an alias exactly when it folds to one of ours, however it is spelt', () => {
  const separators = fc.string({ unit: fc.constantFrom('-', '_', '.', '!', '|', '~', "'"), minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(fc.constantFrom(...IDENTITY_HEADERS), separators, fc.boolean(), (name, separator, upper) => {
      const spelt = name.replaceAll('-', separator)
      assert.ok(isIdentityAlias(upper ? spelt.toUpperCase() : spelt.toLowerCase()))
      assert.ok(!isIdentityAlias(`x${spelt}`))
      assert.ok(!isIdentityAlias(`${spelt}s`))
    }),
  )
})
