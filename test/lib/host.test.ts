import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { readHost } from '../../src/lib/host.ts'

const LONG_LABEL = 'a'.repeat(63)
const LONGEST_NAME = `${`${LONG_LABEL}.`.repeat(3)}${'a'.repeat(61)}`

const ACCEPTED: readonly [id: string, text: string, name: string, port: number | null][] = [
  ['HOST-01', 'APP.Example.COM', 'app.example.com', null],
  ['HOST-02', 'app.example.com.', 'app.example.com', null],
  ['HOST-02', 'app.example.com.:8443', 'app.example.com', 8443],
  ['HOST-04', 'app.example.com:1', 'app.example.com', 1],
  ['HOST-04', 'app.example.com:65535', 'app.example.com', 65535],
  ['HOST-13', 'xn--pp-wia.example.com', 'xn--pp-wia.example.com', null],
  ['HOST-14', '127.0.0.1', '127.0.0.1', null],
  ['HOST-14', '127.0.0.1:80', '127.0.0.1', 80],
  ['HOST-14', '[::1]', '[::1]', null],
  ['HOST-14', '[0:0:0:0:0:0:0:1]:443', '[::1]', 443],
  ['HOST-14', '[2001:DB8::A]', '[2001:db8::a]', null],
  ['HOST-14', 'localhost', 'localhost', null],
  ['labels', '0x7f.example', '0x7f.example', null],
  ['labels', '1e3', '1e3', null],
  ['labels', LONGEST_NAME, LONGEST_NAME, null],
]

const REFUSED: readonly [id: string, texts: readonly string[]][] = [
  ['HOST-04', ['app.test:abc', 'app.test:80:80', 'app.test:99999', 'app.test:65536', 'app.test:', 'app.test:0']],
  ['HOST-04', ['app.test:080', 'app.test:+80', 'app.test: 80', 'app.test:8e1', 'app.test:٨', ':80', 'app.test:000443']],
  ['HOST-05', ['app.test#', 'app.test?', 'app.test?x=1', 'app.test\\', 'app.test/x', 'app.test;', 'app.test@evil']],
  ['HOST-07', ['app.test%2f', 'app%2etest', 'app.test%00', 'app.test\0', 'app.test\r\n', 'app.test\t']],
  ['HOST-08', ['app.test,other.test', 'app.test, other.test', 'app.test other.test', ' app.test', 'app.test ']],
  ['HOST-10', ['.app.test', 'app..test', '-app.test', 'app-.test', 'app_x.test', 'app.test..', '.', '', 'a.-b.test']],
  ['HOST-13', ['äpp.test', 'ａpp.test', 'app。test', 'app.\u212a.test', 'app\u00ad.test', 'xn--\u00e4.test']],
  ['HOST-14', ['0x7f.1', '2130706433', '0x7f000001', '0x', '127.1', '127.0.0.01', '256.0.0.1', '1.2.3.4.5', 'a.1']],
  [
    'HOST-14',
    [
      '127.0.0.1.5:80',
      '::1',
      '[::1',
      '[::1]x',
      '[::1]x80',
      '[::1]:',
      '[]',
      '[::1%25eth0]',
      '[::1%eth0]',
      '[127.0.0.1]',
    ],
  ],
  ['HOST-14', ['[::ffff:127.0.0.1]', '[::1].', '[[::1]]', '[::1]:80:80', '[app.test]']],
  ['labels', [`${LONG_LABEL}a.test`, `${LONGEST_NAME}a`, 'a'.repeat(100_000), '*.app.test', '*']],
]

for (const [id, text, name, port] of ACCEPTED) {
  test(`${id}: ${text.slice(0, 40)} is read as ${name.slice(0, 40)}`, () => {
    assert.deepEqual(readHost(text), { name, port })
  })
}

for (const [id, texts] of REFUSED) {
  test(`${id}: refuses ${JSON.stringify(texts).slice(0, 80)}`, () => {
    for (const text of texts) assert.equal(readHost(text), null, JSON.stringify(text))
  })
}

test('every host is read exactly as the grammar, written as one pattern, reads it', () => {
  const piece = fc.constantFrom(
    'a',
    'B',
    '7',
    '0x1',
    '-',
    '.',
    '..',
    ':',
    '80',
    '0',
    'xn--a',
    '_',
    '%2e',
    ' ',
    '\u212a',
    '12',
  )
  const text = fc.oneof(
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
    fc.string(),
    fc.domain(),
  )
  fc.assert(
    fc.property(text, (host) => {
      assert.deepEqual(readHost(host), naiveHost(host))
    }),
    { numRuns: 5_000 },
  )
})

test('what was read reads as itself again', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.domain(),
        fc.ipV4(),
        fc.ipV6().map((address) => `[${address}]`),
      ),
      (text) => {
        const host = readHost(text)
        if (host !== null) assert.deepEqual(readHost(host.name), host)
      },
    ),
  )
})

/** The grammar of names as one regular expression; says nothing of brackets, which `fc.string` hardly makes. */
function naiveHost(text: string): { name: string; port: number | null } | null {
  const parts = /^(?=.{1,253}(?:$|[.:]))([A-Za-z0-9.-]+?)\.?(?::([1-9][0-9]{0,4}))?$/.exec(text)
  const [, name = '', port] = parts ?? []
  const isName = name.split('.').every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label))
  if (!isName || (port !== undefined && Number(port) > 65_535)) return null
  const last = name.split('.').at(-1) ?? ''
  const isNumber = /^(?:[0-9]+|0[xX].*)$/.test(last)
  const isIpv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(name)
  if (isNumber && !isIpv4) return null
  return { name: name.toLowerCase(), port: port === undefined ? null : Number(port) }
}
