import assert from 'node:assert/strict'
import test from 'node:test'
import { ALL_METHODS, isOrdinary, methodNumber, METHODS, methodSet, readMethod } from '../../src/policies/method.ts'

test('METH-01: a method is one of the closed list, letter by letter', () => {
  for (const method of METHODS) assert.equal(readMethod(method), method)
  const bad = [
    'get',
    'Get',
    ' GET',
    'GET\t',
    'G%45T',
    'GET,POST',
    '',
    'X'.repeat(40),
    'TRACK',
    'FOO',
    '__proto__',
    'toString',
  ]
  for (const text of bad) assert.equal(readMethod(text), null, text)
})

test('METH-02: naming GET names HEAD, naming HEAD names only HEAD', () => {
  assert.equal(methodSet(['GET']), methodSet(['GET', 'HEAD']))
  assert.notEqual(methodSet(['HEAD']), methodSet(['GET']))
  assert.equal(methodSet(['GET']) & methodSet(['HEAD']), methodSet(['HEAD']))
  assert.equal(methodSet(['POST']) & methodSet(['GET']), 0)
})

test('every method has its own bit in a set of 31', () => {
  assert.ok(METHODS.length <= 31)
  assert.equal(methodSet(METHODS), ALL_METHODS)
  assert.equal(new Set(METHODS.map(methodNumber)).size, METHODS.length)
  assert.throws(() => methodSet(['FOO']))
})

test('METH-04: only what most apps use is ordinary', () => {
  const ordinary = METHODS.filter((_, number) => isOrdinary(number))
  assert.deepEqual(ordinary, ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
})
