import assert from 'node:assert/strict'
import test from 'node:test'
import { createPathIndex, NO_RULE } from '../../src/policies/path-index.ts'
import type { Pattern } from '../../src/policies/pattern.ts'
import { isCatchAll, readPattern } from '../../src/policies/pattern.ts'

const MATCHES: readonly [pattern: string, yes: readonly string[], no: readonly string[]][] = [
  ['/', ['/'], ['/a', '//']],
  ['/a', ['/a'], ['/a/', '/', '/A', '/ab', '/a/b']],
  ['/a/', ['/a/'], ['/a', '/a/b']],
  ['/**', ['/', '/a', '/a/', '/a/b'], []],
  ['/a/**', ['/a', '/a/', '/a/b', '/a/b/c/'], ['/', '/ab', '/b/a', '/b']],
  ['/*', ['/a', '/b.c'], ['/', '/a/', '/a/b']],
  ['/*/', ['/a/'], ['/a', '//', '/a/b']],
  ['/*/b', ['/a/b', '/b/b'], ['/b', '//b', '/a/b/', '/a/c']],
  ['/a/*/**', ['/a/b', '/a/b/', '/a/b/c'], ['/a', '/a/', '/b/c']],
  ['/a/*/c/*', ['/a/b/c/d'], ['/a/b/c', '/a/b/d/d', '/a/b/c/d/e']],
]

for (const [pattern, yes, no] of MATCHES) {
  test(`${pattern} matches whole segments only`, () => {
    const index = createPathIndex()
    index.add(getPattern(pattern), 1, 0)
    for (const path of yes) assert.equal(index.find(path, 0), 0, path)
    for (const path of no) assert.equal(index.find(path, 0), NO_RULE, path)
  })
}

test('RULE-04: what is not a path of literal segments, * and a last ** is refused with a sentence', () => {
  const bad = [
    '',
    'a',
    '*',
    '**',
    '/a//b',
    '//',
    '/a*',
    '/*a/b',
    '/**/a',
    '/a/**/',
    '/***',
    '/a b',
    '/a%2f',
    '/../a',
    '/a.',
  ]
  const regular = [
    '^(a+)+$',
    '/(.*a){25}',
    '/a?',
    '/a#',
    '/a;b',
    '/[a-z]',
    '/\u00e9',
    '/a\\b',
    '/~{login}/**',
    '/a|b',
    '/.',
    '/+',
  ]
  for (const text of [...bad, ...regular, `/${'a'.repeat(1_024)}`])
    assert.equal(typeof readPattern(text), 'string', text)
})

test('only /** catches all', () => {
  assert.equal(isCatchAll(getPattern('/**')), true)
  for (const text of ['/', '/*', '/*/**', '/a/**']) assert.equal(isCatchAll(getPattern(text)), false, text)
})

test('the first rule in order wins, however many and however they are written', () => {
  const index = createPathIndex()
  const patterns = ['/a/b/c', '/a/*/c', '/*/b/c', '/a/**', '/**']
  for (const [order, text] of patterns.entries()) index.add(getPattern(text), 1, order)
  assert.deepEqual(
    ['/a/b/c', '/a/x/c', '/x/b/c', '/a/x', '/x'].map((path) => index.find(path, 0)),
    [0, 1, 2, 3, 4],
  )
})

test('a rule for another method is passed over', () => {
  const index = createPathIndex()
  index.add(getPattern('/a'), 0b01, 0)
  index.add(getPattern('/a'), 0b10, 1)
  assert.deepEqual(
    [0, 1, 2].map((method) => index.find('/a', method)),
    [0, 1, NO_RULE],
  )
})

test('a pattern is covered by one that takes all its paths for all its methods', () => {
  const index = createPathIndex()
  index.add(getPattern('/a/**'), 0b11, 0)
  index.add(getPattern('/*/x'), 0b01, 1)
  index.add(getPattern('/c/*'), 0b01, 2)
  const cases: readonly [pattern: string, methods: number, covering: number][] = [
    ['/a', 0b11, 0],
    ['/a/**', 0b01, 0],
    ['/a/*/c/**', 0b11, 0],
    ['/a/', 0b10, 0],
    ['/b/x', 0b01, 1],
    ['/*/x', 0b01, 1],
    ['/*/x', 0b11, NO_RULE],
    ['/*/x/**', 0b01, NO_RULE],
    ['/*/**', 0b01, NO_RULE],
    ['/**', 0b01, NO_RULE],
    ['/a/**', 0b111, NO_RULE],
    ['/A', 0b01, NO_RULE],
    ['/b', 0b01, NO_RULE],
    ['/c/d', 0b01, 2],
    ['/c/', 0b01, NO_RULE],
  ]
  for (const [pattern, methods, covering] of cases) {
    assert.equal(index.findCovering(getPattern(pattern), methods), covering, `${pattern} ${methods}`)
  }
})

function getPattern(text: string): Pattern {
  const pattern = readPattern(text)
  if (typeof pattern === 'string') throw new Error(`${text}: ${pattern}`)
  return pattern
}
