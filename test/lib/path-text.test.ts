import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { decodeOnceMore, isAscii, pathText } from '../../src/lib/path-text.ts'
import type { PathBytes } from '../../src/lib/path-text.ts'
import { readTarget } from '../../src/lib/target.ts'
import { encodePath } from '../support/encode-path.ts'

const TEXTS: readonly [path: string, text: string, bytes: PathBytes][] = [
  ['/%61dm%69n/%7Ealice', '/admin/~alice', 'utf8'],
  ['/a%20b%2Bc%40d', '/a b+c@d', 'utf8'],
  ['/%2f%5c%25%3b%3f%23', '/%2F%5C%25%3B%3F%23', 'utf8'],
  ['/%252f', '/%252f', 'utf8'],
  ['/caf%C3%A9', '/café', 'utf8'],
  ['/cafe%CC%81', '/café', 'utf8'],
  ['/%F0%9F%98%80%2F%E6%9D%8E', '/😀%2F李', 'utf8'],
  ['/caf%E9', '/caf\ufffd', 'utf8'],
  ['/caf%E9%2F', '/café%2F', 'latin1'],
  ['/a;b?c', '/a;b?c', 'utf8'],
]

for (const [path, text, bytes] of TEXTS) {
  test(`PATH-26, PATH-44: ${path} asks for the text ${text}, its bytes being ${bytes}`, () => {
    assert.equal(pathText(path, bytes), text)
  })
}

test('once more decoded are all escapes, and what is none stays', () => {
  const cases = [
    ['/%2F%5C%25%3B', '//\\%;'],
    ['/%252f', '/%2f'],
    ['/100%', '/100%'],
    ['/%zz%4', '/%zz%4'],
    ['/%C3%A9%61', '/éa'],
    ['/%ff', '/\ufffd'],
  ] as const
  for (const [text, decoded] of cases) assert.equal(decodeOnceMore(text), decoded, text)
})

test('an encoded text is a path that a strict reader takes, and that asks for just that text', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((rest) => `/${rest}`)
  fc.assert(
    fc.property(text, (asked) => {
      if (/[\p{Cc}\ud800-\udfff]/u.test(asked)) return
      const read = readTarget(encodePath(asked))
      assert.ok(typeof read !== 'string' && read.query === '' && read.utf8, encodePath(asked))
      assert.equal(decodeOnceMore(pathText(read.path)).normalize('NFC'), asked.normalize('NFC'))
    }),
    { numRuns: 3_000 },
  )
})

test('only what has no character beyond U+007F is ASCII', () => {
  assert.deepEqual(['', '/a~\x7f', '/\x80', '/é', '/😀'].map(isAscii), [true, true, false, false, false])
})
