import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { PosternError } from '../../src/errors.ts'
import { readJson } from '../../src/web/strict-json.ts'

type Tree = null | boolean | number | string | { list: Tree[] } | { pairs: [string, Tree][] }

const BAD = { name: 'PosternError', code: 'bad_request' }

test('readJson gives the object as it was sent, with nothing turned into another type', () => {
  const text = ' {"a": "ü\\u00fc\\ud83d\\ude00", "b": [1, true, null, {"a": {}}], "": "a:b", "c\\"": "\\\\"}\n'
  assert.deepEqual(readJson(Buffer.from(text)), JSON.parse(text))
})

const refused: readonly [string, string | Buffer][] = [
  ['nothing', ''],
  ['broken JSON', '{"a":'],
  ['text after the object', '{} {}'],
  ['a list', '[]'],
  ['a string', '"a"'],
  ['null', 'null'],
  ['a byte order mark', '\ufeff{}'],
  ['UTF-16', Buffer.from('{}', 'utf16le')],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ['an overlong form', Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d])],
  ['a doubled key', '{"username":"alice","username":"bob"}'],
  ['a doubled key behind an escape', '{"a":1,"\\u0061":2}'],
  ['a doubled key far down', '{"a":[{"b":{"c":1,"d":[{}],"c":2}}]}'],
  ['__proto__', '{"__proto__":{}}'],
  ['__proto__ behind an escape', '{"a":{"\\u005f_proto__":1}}'],
  ['constructor', '{"a":[{"constructor":1}]}'],
  ['a NUL in a text', '{"a":"b\\u0000c"}'],
  ['a NUL in a key', '{"a\\u0000":1}'],
  ['a lone surrogate', '{"a":"\\ud800"}'],
  ['a lone surrogate in a list', '{"a":["\\udc00\\ud800"]}'],
  ['21 levels', `{"a":${'['.repeat(20)}${']'.repeat(20)}}`],
  ['16 KiB of brackets', '['.repeat(16_384)],
]
for (const [what, body] of refused) {
  test(`readJson refuses ${what}`, () => assert.throws(() => readJson(Buffer.from(body)), BAD))
}

test('readJson takes one key in several objects, keys as values, and 20 levels', () => {
  for (const text of ['{"a":{"a":[{"a":"a"},{"a":1}]}}', '{"a":["x","x"],"b":"__proto__"}', '{"a":"b","b":"a"}']) {
    assert.deepEqual(readJson(Buffer.from(text)), JSON.parse(text))
  }
  assert.ok(readJson(Buffer.from(`{"a":${'['.repeat(19)}${']'.repeat(19)}}`)))
})

test('readJson refuses exactly those objects that have a key twice', () => {
  fc.assert(
    fc.property(treeArbitrary(), fc.infiniteStream(fc.nat(5)), (tree, choices) => {
      const text = write(tree, choices)
      if (hasDoubledKey(tree)) assert.throws(() => readJson(Buffer.from(text)), PosternError)
      else assert.deepEqual(readJson(Buffer.from(text)), JSON.parse(text))
    }),
    { numRuns: 3000 },
  )
})

function treeArbitrary(): fc.Arbitrary<Tree> {
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', '"', ':', '{', '}', '[', ']', ',', '\\', ' '),
    maxLength: 3,
  })
  const { object } = fc.letrec<{ tree: Tree; object: Tree }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, 1.5e3, -0),
      text,
      list(tie('tree')),
      tie('object'),
    ),
    object: fc.array(fc.tuple(text, tie('tree')), { maxLength: 4 }).map((pairs) => ({ pairs })),
  }))
  return object
}

function list(tree: fc.Arbitrary<Tree>): fc.Arbitrary<Tree> {
  return fc.array(tree, { maxLength: 3 }).map((list) => ({ list }))
}

// Writes the same tree in any of the ways that JSON allows: blanks anywhere, characters escaped or not.
function write(tree: Tree, choices: fc.Stream<number>): string {
  const blank = (): string => ['', '', ' ', '\n\t', '\r', '  '][next(choices)] ?? ''
  if (typeof tree === 'string') return writeString(tree, choices)
  if (tree === null || typeof tree !== 'object') return JSON.stringify(tree)
  if ('list' in tree)
    return `[${blank()}${tree.list.map((item) => write(item, choices) + blank()).join(`,${blank()}`)}]`
  const pairs = tree.pairs.map(([key, value]) => {
    return `${blank()}${writeString(key, choices)}${blank()}:${blank()}${write(value, choices)}${blank()}`
  })
  return `{${pairs.join(',')}${pairs.length === 0 ? blank() : ''}}`
}

function writeString(text: string, choices: fc.Stream<number>): string {
  const escapeAll = next(choices) === 0
  if (!escapeAll) return JSON.stringify(text)
  return `"${text.replace(/./g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)}"`
}

function next(choices: fc.Stream<number>): number {
  const choice: IteratorResult<number, undefined> = choices.next()
  return choice.value ?? 0
}

function hasDoubledKey(tree: Tree): boolean {
  if (tree === null || typeof tree !== 'object') return false
  if ('list' in tree) return tree.list.some(hasDoubledKey)
  const keys = tree.pairs.map(([key]) => key)
  return new Set(keys).size < keys.length || tree.pairs.some(([, value]) => hasDoubledKey(value))
}
