import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { readTraceParent, writeTraceParent } from '../../src/lib/trace-context.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const PARENT = `00-${TRACE}-${SPAN}-01`

test('a parent is read with its flag and its state', () => {
  const expected = { traceId: TRACE, spanId: SPAN, isSampled: true, state: '' }
  assert.deepEqual(readTraceParent([PARENT], []), expected)
  assert.deepEqual(readTraceParent([`00-${TRACE}-${SPAN}-00`], []), { ...expected, isSampled: false })
  assert.deepEqual(readTraceParent([`00-${TRACE}-${SPAN}-ff`], ['a=1 , b=2', 'x@y=z']), {
    ...expected,
    state: 'a=1,b=2,x@y=z',
  })
  assert.deepEqual(readTraceParent([`cc-${TRACE}-${SPAN}-01-what comes later`], []), expected, 'a later version')
})

test('what is malformed is no parent', () => {
  const malformed = [
    '',
    ` ${PARENT}`,
    `${PARENT} `,
    `${PARENT}\n`,
    `${PARENT}-00`,
    `${PARENT}0`,
    PARENT.toUpperCase(),
    `ff-${TRACE}-${SPAN}-01`,
    `0-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-0g`,
    `00_${TRACE}_${SPAN}_01`,
    `cc-${TRACE}-${SPAN}-01.`,
  ]
  for (const text of malformed) assert.equal(readTraceParent([text], []), null, JSON.stringify(text))
  assert.equal(readTraceParent([], []), null)
  assert.equal(readTraceParent([PARENT, PARENT], []), null, 'two of them')
})

test('a state that can not be read is left out, and the parent counts', () => {
  const odd = ['a', '=1', 'a=', 'a=1,a=2', 'A=1', 'a=b=c', 'a=ü', 'a=\u0001', `a=${'b'.repeat(257)}`, '@a=1', 'a@=1']
  const many = Array.from({ length: 33 }, (_, index) => `k${index}=1`).join(',')
  const long = `a=${'b'.repeat(250)},c=${'d'.repeat(250)},e=${'f'.repeat(20)}`
  for (const state of [...odd, many, long]) assert.equal(readTraceParent([PARENT], [state])?.state, '', state)
})

test('every parent that is written is read as the same', () => {
  const hex = (length: number): fc.Arbitrary<string> =>
    fc
      .array(fc.constantFrom(...'0123456789abcdef'.split('')), { minLength: length, maxLength: length })
      .map((digits) => digits.join(''))
      .filter((digits) => !/^0+$/.test(digits))
  const parents = fc.record({ traceId: hex(32), spanId: hex(16), isSampled: fc.boolean() })
  fc.assert(
    fc.property(parents, (parent) => {
      assert.deepEqual(readTraceParent([writeTraceParent(parent)], []), { ...parent, state: '' })
    }),
  )
})

test('whatever headers come, what is read is a parent that can be written', () => {
  const near = fc.tuple(fc.nat(PARENT.length), fc.string({ maxLength: 3, unit: 'binary' })).map(([at, text]) => {
    return PARENT.slice(0, at) + text + PARENT.slice(at + text.length)
  })
  const texts = fc.array(fc.oneof(fc.string(), near, fc.constant(PARENT)), { maxLength: 2 })
  fc.assert(
    fc.property(texts, fc.array(fc.oneof(fc.string(), fc.constant('a=1,b=2')), { maxLength: 3 }), (given, state) => {
      const parent = readTraceParent(given, state)
      if (parent === null) return
      assert.equal(given.length, 1)
      assert.match(writeTraceParent(parent), /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/)
      assert.match(parent.state, /^[ -~]{0,512}$/)
    }),
    { numRuns: 2_000 },
  )
})
