import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { readQuery } from '../../src/web/query.ts'

const cases: readonly [what: string, query: string, expected: Readonly<Record<string, string>>][] = [
  ['nothing', '', {}],
  ['empty pairs', '&&=x&=&', {}],
  ['values, empty values and names alone', 'a=1&b=&c', { a: '1', b: '', c: '' }],
  ['the first equals sign alone', 'a=b=c', { a: 'b=c' }],
  ['escapes and plus signs', 'a%20b=%C3%BC+x%2By', { 'a b': 'ü x+y' }],
  ['no parameter that is doubled', 'rd=/a&rd=/b&x=1', { x: '1' }],
  ['no parameter that is doubled behind an escape', 'rd=/a&%72d=/b', {}],
  ['no parameter that is doubled by a broken one', 'rd=/a&rd=%zz', {}],
  ['no parameter that is tripled', 'a=1&a=2&a=3', {}],
  ['no broken escapes', 'a=%&b=%z1&c=%ff&d=%ed%a0%80&%e=1&ok=1', { ok: '1' }],
  ['no further separators', 'a=1;b=2', { a: '1;b=2' }],
  ['nothing of more pairs than any page takes', `${'x&'.repeat(16)}rd=/a`, {}],
  ['nothing of what is longer than any page needs', `rd=/${'a'.repeat(8_190)}`, {}],
  ['nothing of thousands of broken pairs', '%&'.repeat(4_000), {}],
  ['no nesting', 'a[b]=1&a[]=2', { 'a[b]': '1', 'a[]': '2' }],
]
for (const [what, query, expected] of cases) {
  test(`a query gives ${what}`, () => assert.deepEqual({ ...readQuery(query) }, expected))
}

test('names of the language are names like others, and what is not there is undefined', () => {
  const read = readQuery('__proto__=1&constructor=2&toString=3')
  assert.deepEqual(Object.entries(read), [
    ['__proto__', '1'],
    ['constructor', '2'],
    ['toString', '3'],
  ])
  assert.equal(Object.getPrototypeOf(read), null)
  assert.equal(readQuery('')['toString'], undefined)
  assert.equal(({} as Record<string, unknown>)['1'], undefined)
})

test('what was written as a query is read back, and any text is read without an exception', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1 })
  fc.assert(
    fc.property(fc.dictionary(name, fc.string({ unit: 'grapheme' })), (fields) => {
      assert.deepEqual({ ...readQuery(new URLSearchParams(fields).toString()) }, { ...fields })
    }),
  )
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (query) => void readQuery(query)))
})
