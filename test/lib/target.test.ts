import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { TargetFault } from '../../src/lib/target.ts'
import { MAX_TARGET_BYTES, readTarget } from '../../src/lib/target.ts'

const FAULTS: readonly [id: string, fault: TargetFault, texts: readonly string[]][] = [
  ['PATH-28', 'encoded_control', ['/admin%00', '/public/%00/../admin', '/healthz%00/x', '/%1f', '/%7f', '/%7F']],
  ['PATH-29', 'encoded_control', ['/healthz%0a', '/healthz%0d%0aRemote-User:%20bob', '/healthz%09']],
  ['PATH-40', 'bad_percent_encoding', ['/%', '/%2', '/%zz', '/%u0061dmin', '/a%2/b', '/%%32', '/%2g', '/a%', '/%+1']],
  ['PATH-46', 'target_not_a_path', ['']],
  [
    'PATH-47',
    'target_not_a_path',
    ['*', 'admin', '?x', 'http://app.example.com/public/', 'https:/public/', ' /a', '\\a'],
  ],
  ['PATH-49', 'bad_path_character', ['/public/a, /admin/']],
  ['PATH-50', 'target_too_long', [`/${'a'.repeat(8_192)}`, `/?${'a'.repeat(8_191)}`, 'a'.repeat(100_000)]],
  [
    'raw',
    'bad_path_character',
    ['/a b', '/a\\b', '/a#b', '/#/../admin', '/a"b', '/a<b', '/a>b', '/a^b', '/a`b', '/a ?x'],
  ],
  ['raw', 'bad_path_character', ['/\0', '/\t', '/\r\n', '/a\x7f', '/caf\u00e9', '/\u0085', '/\u00ff', '/\uff0fadmin']],
  ['query', 'bad_query_character', ['/?a b', '/?a#b', '/?\0', '/?\n', '/?\x7f', '/?\u00e9', '/a?b?c d', '/?\u2028']],
]

const READ: readonly [id: string, text: string, path: string, query: string, plain: boolean][] = [
  ['PATH-01', '/public/a.css', '/public/a.css', '', true],
  ['PATH-34', '/private?path=/healthz', '/private', '?path=/healthz', true],
  ['PATH-35', '/healthz.json', '/healthz.json', '', true],
  ['split', '/a?b?c', '/a', '?b?c', true],
  ['split', '/a?', '/a', '?', true],
  ['split', '/a%3fb?c', '/a%3fb', '?c', false],
  ['query', '/?p=C:\\temp&q=100%&t=a%0D%0Ab', '/', '?p=C:\\temp&q=100%&t=a%0D%0Ab', true],
  ['query', '/?"<>^`{|}[]', '/', '?"<>^`{|}[]', true],
  ['bounds', `/${'a'.repeat(8_191)}`, `/${'a'.repeat(8_191)}`, '', true],
  ['honest', '/caf%C3%A9', '/caf%C3%A9', '', false],
  ['PATH-58', '/.well-known/x', '/.well-known/x', '', true],
  ['honest', '/@scope/pkg,v1?x=1', '/@scope/pkg,v1', '?x=1', true],
  ['honest', "/a!$&'()*+,;=:@|{}[]b", "/a!$&'()*+,;=:@|{}[]b", '', false],
]

const NOT_PLAIN = [
  '/a.b/c',
  '/x.php/y',
  '//',
  '/a//b',
  '/.',
  '/..',
  '/a/./b',
  '/a/../b',
  '/a.',
  '/..a',
  '/.a.',
  '/...',
  '/a/..',
  '/.%61',
  '/.A',
  '/.;a',
  '/a..b',
  '/a;b',
  '/A',
  '/%61',
  '/a:b',
  '/a=b',
  '/a+b',
]
const PLAIN = ['/', '/a', '/a/', '/a/b', '/a.b', '/a/d-e_f~g/a.b.c', '/~alice/', '/0']
const PLAIN_TOO = ['/.a', '/.a/', '/.well-known/acme-challenge/x', '/@a', '/@scope/name', '/a,b', '/,']

for (const [id, fault, texts] of FAULTS) {
  test(`${id}: ${fault} for ${JSON.stringify(texts).slice(0, 80)}`, () => {
    for (const text of texts) assert.equal(readTarget(text), fault, JSON.stringify(text.slice(0, 80)))
  })
}

for (const [id, text, path, query, plain] of READ) {
  test(`${id}: ${text.slice(0, 60)} is read as path and query`, () => {
    assert.deepEqual(readTarget(text), { path, query, plain, utf8: true })
  })
}

test('PATH-38: a path that is not UTF-8 once decoded is told from one that is', () => {
  const bad = [
    '/public/%c0%ae%c0%ae/admin',
    '/%c0%afadmin',
    '/public/%e0%80%ae./',
    '/%ff',
    '/%ed%a0%80',
    '/%c3',
    '/%c3/%a9',
  ]
  for (const path of [...bad, '/%a9', '/%f4%90%80%80', '/%c3x%a9', '/caf%e9'])
    assert.deepEqual(readTarget(path), { path, query: '', plain: false, utf8: false })
  for (const path of ['/%c3%a9', '/%f0%9f%98%80', '/%ef%bf%bd', '/a%20b'])
    assert.deepEqual(readTarget(path), { path, query: '', plain: false, utf8: true })
})

test('a path is plain only when nothing in it can be decoded, folded or left out', () => {
  for (const path of [...PLAIN, ...PLAIN_TOO]) assert.equal(isPlainPath(path), true, path)
  for (const path of [...NOT_PLAIN, '', 'a']) assert.equal(isPlainPath(path), false, path)
})

/** A path that is not plain need not be one that is read at all. */
function isPlainPath(path: string): boolean {
  const target = readTarget(path)
  return typeof target !== 'string' && target.plain
}

test('PATH-50: the longest hostile targets are read in less than 5 ms', () => {
  const hostile = [
    '/a'.repeat(4_096),
    '/%41'.repeat(2_048),
    `/${'a.'.repeat(4_095)}`,
    `${'/a-'.repeat(2_730)}%`,
    `/${'%c3%a9'.repeat(1_365)}`,
  ]
  for (const text of hostile) readTarget(text)
  const startedAt = performance.now()
  for (const text of hostile) readTarget(text)
  assert.ok(performance.now() - startedAt < hostile.length * 5)
})

test('every target is read exactly as a slow reader made of patterns reads it', () => {
  const piece = fc.constantFrom(
    '/',
    '//',
    'a',
    'B',
    '.',
    '..',
    '?',
    '#',
    ' ',
    ';',
    '\\',
    '%',
    '%2',
    '%2f',
    '%00',
    '%c3%a9',
    '%e9',
    '\u00e9',
    '\x7f',
    '~',
  )
  const text = fc.oneof(
    fc.array(piece, { maxLength: 10 }).map((pieces) => `/${pieces.join('')}`),
    fc.string(),
    fc.webPath(),
  )
  fc.assert(
    fc.property(text, (target) => {
      const read = readTarget(target)
      assert.equal(typeof read === 'object', isTarget(target))
      if (typeof read === 'object') assert.deepEqual([read.path + read.query, read.utf8], [target, isUtf8(read.path)])
    }),
    { numRuns: 5_000 },
  )
})

test('a plain path means the same to a URL parser, after decoding and in small letters', () => {
  const piece = fc.constantFrom('/', 'a', 'b.c', '.', '-', '~', '_', '@', ',', 'Z', '%', '2', '..')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const path = `/${pieces.join('')}`
      if (!isPlainPath(path)) return
      assert.equal(new URL(`http://host.test${path}`).pathname, path)
      assert.equal(decodeURIComponent(path), path)
      assert.equal(path.toLowerCase(), path)
      assert.ok(!path.includes('//') && !/\.(?:\/|$)/.test(path))
    }),
    { numRuns: 3_000 },
  )
})

function isTarget(text: string): boolean {
  const [, path = '', query = ''] = /^(\/[^?]*)(\?.*)?$/s.exec(text) ?? []
  if (path === '' || text.length > MAX_TARGET_BYTES) return false
  if (!/^(?:[!$&-;=@A-Z[\]_a-z{|}~]|%[0-9a-f]{2})*$/i.test(path) || !/^[!"$-~]*$/.test(query)) return false
  return !/%(?:[01].|7f)/i.test(path)
}

function isUtf8(path: string): boolean {
  const bytes = Buffer.from(
    path.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
  return Buffer.from(bytes.toString('utf8')).equals(bytes)
}
