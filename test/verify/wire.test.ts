import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAliasGuard } from '../../src/policies/alias-guard.ts'
import { createWireReader } from '../../src/verify/wire.ts'

const WANTED = ['x-original-uri', 'x-forwarded-for']
const COMPLETE = ['X-Original-URI', '/a', 'X-Forwarded-For', '203.0.113.7']
const NO_NAMES = createAliasGuard(new Set())

test('values come in the order in which they are wanted, whatever the letters of their names', () => {
  const read = createWireReader()
  const sent = ['x-FORWARDED-for', '203.0.113.7', 'x-original-uri', '/a', 'Cookie', 'a=1', 'cookie', 'b=2']
  const { values, cookies, fault } = read(sent, WANTED, NO_NAMES)
  assert.deepEqual([values, cookies, fault], [['/a', '203.0.113.7'], ['a=1', 'b=2'], null])
})

test('a value that is missing, empty or there twice is a fault; a list may come in lines', () => {
  const read = createWireReader()
  const faultOf = (sent: readonly string[]): unknown => read(sent, WANTED, NO_NAMES).fault
  assert.equal(faultOf(COMPLETE.slice(2)), 'missing_header')
  assert.equal(faultOf(['X-Original-URI', '', ...COMPLETE.slice(2)]), 'missing_header')
  assert.equal(faultOf([...COMPLETE, 'x-original-uri', '/b']), 'doubled_header')
  assert.equal(faultOf([...COMPLETE, 'X-Postern-Secret', 'a', 'x-postern-secret', 'a']), 'doubled_header')
  const { values, fault } = read([...COMPLETE, 'x-forwarded-for', '10.0.0.1'], WANTED, NO_NAMES)
  assert.deepEqual([values[1], fault], ['203.0.113.7,10.0.0.1', null])
})

test('what tells a browser from a program is an alias too where an app is told by that name', () => {
  const read = createWireReader()
  const { hints, aliases } = read([...COMPLETE, 'Accept', 'text/html'], WANTED, createAliasGuard(new Set(['accept'])))
  assert.deepEqual([hints, aliases], [['', '', '', 'text/html', ''], ['accept']])
})

test('names that a new policy gives to identity headers count at once', () => {
  const read = createWireReader()
  const sent = [...COMPLETE, 'X-Team', 'root']
  assert.deepEqual(read(sent, WANTED, NO_NAMES).aliases, [])
  assert.deepEqual(read(sent, WANTED, createAliasGuard(new Set(['x-team']))).aliases, ['x-team'])
  assert.deepEqual(read(sent, WANTED, NO_NAMES).aliases, [])
})

test('a name that is one of thousands is read like the first', () => {
  const read = createWireReader()
  const many = Array.from({ length: 3_000 }, (_, n) => [`X-Made-Up-${n}`, 'x']).flat()
  assert.equal(read([...many, ...COMPLETE], WANTED, NO_NAMES).fault, null)
  const { overrides } = read([...many, ...COMPLETE, 'X-HTTP-Method-Override', ' delete '], WANTED, NO_NAMES)
  assert.deepEqual(overrides, ['DELETE'])
})
