import assert from 'node:assert/strict'
import test from 'node:test'
import { createPathIndex, NO_RULE } from '../../src/policies/path-index.ts'
import type { Pattern } from '../../src/policies/pattern.ts'
import { isCatchAll, readPattern } from '../../src/policies/pattern.ts'

const SOMEBODY = { clientAddress: '203.0.113.7' }

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
    index.add(getPattern(pattern), { order: 0, methods: 1, networks: null })
    for (const path of yes) assert.equal(index.find(path, 0, SOMEBODY), 0, path)
    for (const path of no) assert.equal(index.find(path, 0, SOMEBODY), NO_RULE, path)
  })
}

const BAD: Readonly<Record<string, readonly string[]>> = {
  'begins with "/"': ['', 'a', '*', '**', '^(a+)+$', '.'],
  'whole segment': ['/a*', '/*a/b', '/***', '/(.*a){25}', '/a.*'],
  'only at the end': ['/**/a', '/a/**/', '/**/**'],
  'empty segment': ['/a//b', '//', '//a', '/a//**'],
  'no "?" or "#"': ['/a?', '/a#', '/a?b=c'],
  'not the same to all servers': [
    '/a%2f',
    '/../a',
    '/./a',
    '/a.',
    '/a ',
    '/a%20/b',
    '/a;b',
    '/a\\b',
    '/.',
    '/a/..',
    '/%2561',
    '/ﬁ',
  ],
  'control characters': ['/a%00', '/a%0a', '/%ff', '/%c3', '/\u0085'],
  '{login} in a path': ['/{login}/{login}', '/{user}', '/{', '/a}', '/{login', '/{{login}}', '/{login}{login}'],
  characters: [`/${'a'.repeat(1_024)}`],
}

for (const [sentence, patterns] of Object.entries(BAD)) {
  test(`RULE-04: what is not a path of literal segments, * and a last ** is refused: ${sentence}`, () => {
    for (const text of patterns) {
      const read = readPattern(text)
      assert.ok(typeof read === 'string' && read.includes(sentence), `${text}: ${JSON.stringify(read)}`)
    }
  })
}

test('a pattern is read as text: what is escaped in it and what is not is the same', () => {
  assert.deepEqual(readPattern('/caf%C3%A9/a%20b'), readPattern('/café/a b'))
  assert.deepEqual(readPattern('/cafe\u0301/a b'), readPattern('/café/a b'))
  assert.deepEqual(readPattern('/%41/[x]/a|b'), readPattern('/A/[x]/a|b'))
})

test("a segment with {login} is anybody's while nobody is known, then that one's alone", () => {
  const index = createPathIndex()
  index.add(getPattern('/~{login}.d/x'), { order: 0, methods: 1, networks: null })
  const found = (path: string, login?: string): boolean =>
    index.find(path, 0, login === undefined ? SOMEBODY : { ...SOMEBODY, login }) === 0
  for (const path of ['/~alice.d/x', '/~b.d/x']) assert.equal(found(path), true, path)
  for (const path of ['/~.d/x', '/alice.d/x', '/~alice/x', '/~alice.d/', '/~a/b.d/x'])
    assert.equal(found(path), false, path)
  assert.deepEqual(
    [found('/~alice.d/x', 'alice'), found('/~alice.d/x', 'bob'), found('/~{login}.d/x', 'bob')],
    [true, false, false],
  )
})

test('a rule for some networks is passed over for clients elsewhere', () => {
  const index = createPathIndex()
  index.add(getPattern('/a'), { order: 0, methods: 1, networks: { contain: (address) => address === '10.0.0.1' } })
  index.add(getPattern('/a'), { order: 1, methods: 1, networks: null })
  assert.deepEqual([index.find('/a', 0, { clientAddress: '10.0.0.1' }), index.find('/a', 0, SOMEBODY)], [0, 1])
  assert.deepEqual(index.findAll('/a', 0, { clientAddress: '10.0.0.1' }, NO_RULE), [0, 1])
  assert.deepEqual(index.findAll('/a', 0, { clientAddress: '10.0.0.1' }, 1), [0])
  assert.equal(index.findCovering(getPattern('/a'), 1), 1)
})

test('only /** catches all', () => {
  assert.equal(isCatchAll(getPattern('/**')), true)
  for (const text of ['/', '/*', '/*/**', '/a/**']) assert.equal(isCatchAll(getPattern(text)), false, text)
})

test('the first rule in order wins, however many and however they are written', () => {
  const index = createPathIndex()
  const patterns = ['/a/b/c', '/a/*/c', '/*/b/c', '/a/**', '/**']
  for (const [order, text] of patterns.entries()) index.add(getPattern(text), { order, methods: 1, networks: null })
  assert.deepEqual(
    ['/a/b/c', '/a/x/c', '/x/b/c', '/a/x', '/x'].map((path) => index.find(path, 0, SOMEBODY)),
    [0, 1, 2, 3, 4],
  )
})

test('a rule for another method is passed over', () => {
  const index = createPathIndex()
  index.add(getPattern('/a'), { order: 0, methods: 0b01, networks: null })
  index.add(getPattern('/a'), { order: 1, methods: 0b10, networks: null })
  assert.deepEqual(
    [0, 1, 2].map((method) => index.find('/a', method, SOMEBODY)),
    [0, 1, NO_RULE],
  )
})

test('a pattern is covered by one that takes all its paths for all its methods', () => {
  const index = createPathIndex()
  index.add(getPattern('/a/**'), { order: 0, methods: 0b11, networks: null })
  index.add(getPattern('/*/x'), { order: 1, methods: 0b01, networks: null })
  index.add(getPattern('/c/*'), { order: 2, methods: 0b01, networks: null })
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
