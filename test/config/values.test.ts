import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import * as values from '../../src/config/values.ts'
import type { ListenAddress, Reader } from '../../src/config/values.ts'

const DAY_MS = 86_400_000
const SECRET = 'x'.repeat(32)
const age = values.duration(5_000, DAY_MS)

const cases: readonly [what: string, read: Reader<unknown>, good: readonly string[], bad: readonly string[]][] = [
  [
    'a length of time',
    age,
    ['5s', '5000ms', '90s', '30m', '24h', '1d'],
    ['', '4s', '25h', '1w', '90', '-5s', '1.5h', '5 s', '5S', '1e3s', '5s\n', '9999999999ms'],
  ],
  ['a whole number', values.wholeNumber(1, 500), ['1', '500'], ['', '0', '501', '-1', '1.0', '0x10', '1e2', ' 1', '१']],
  [
    'a share',
    values.share,
    ['0', '1', '.5', '0.01', '1.0'],
    ['', '1.1', '-0.1', '1e-2', '0.', '.', '50%', '0.1234567'],
  ],
  ['headers', values.headerList, ['a=b', 'X-Key=a=b%2Cc, b=2'], ['', '?', 'a', 'a=', '=b', 'a b=c', 'a=%zz', 'a=%0A']],
  ['yes or no', values.yesNo, ['yes', 'no'], ['', 'Yes', 'true', '1', 'on', 'yes ']],
  ['a word of a list', values.oneOf('info', 'warn'), ['info', 'warn'], ['', 'INFO', 'inf', 'constructor']],
  [
    'a listener',
    values.listenAddress,
    ['127.0.0.1:0', 'localhost:65535', '[::1]:9080', 'unix:/run/a.sock', `unix:/${'a'.repeat(106)}`],
    ['', ':9080', '9080', '::1:9080', 'host:', 'host:65536', 'host:x', '[::1]', 'unix:a.sock', 'unix:', 'http://a:1'],
  ],
  [
    'a socket path',
    values.listenAddress,
    [`unix:/${'ü'.repeat(53)}`],
    [`unix:/${'a'.repeat(107)}`, `unix:/${'ü'.repeat(54)}`],
  ],
  [
    'a group',
    values.group,
    ['0', '33', '999999999', 'www-data', '_postern', 'nginx2', 'g'.repeat(32)],
    ['', '-1', '1.5', '0x21', '9999999999', 'Web', 'www data', '-g', '2nd', 'a:b', 'a\n', 'g'.repeat(33)],
  ],
  [
    'a web URL',
    values.webUrl,
    ['https://app.example.com', 'http://localhost:9080/.postern', 'https://[2001:db8::1]/x'],
    [
      '',
      'app.example.com',
      'ftp://a',
      'javascript:alert(1)',
      'https://u@a',
      'https://u:p@a',
      'https://a?x',
      'https://a#x',
    ],
  ],
  [
    'an upstream',
    values.upstream,
    ['demo', 'off', 'http://127.0.0.1:3000', 'http://127.0.0.1:3000/'],
    ['', 'on', 'http://127.0.0.1:3000/app', 'http://u:p@127.0.0.1', 'http://a/?x', 'unix:/a'],
  ],
  [
    'secrets',
    values.secretList,
    [SECRET, `${SECRET},${SECRET}`, ` ${SECRET} , ${SECRET} `, 'ü'.repeat(16)],
    ['', ',', 'x'.repeat(31), `${SECRET},short`, `${SECRET},${SECRET},${SECRET}`],
  ],
  [
    'networks',
    values.networks,
    ['10.0.0.0/8', '127.0.0.1, ::1', '2001:db8::/32,'],
    [
      '',
      ',',
      '10.0.0.1/8',
      '0.0.0.0/0',
      '10.0.0.0/8, ::/0',
      'proxy.internal',
      '10.0.0.0/33',
      '010.0.0.0/8',
      '::ffff:10.0.0.0/104',
      '10.0.0.0/8 11.0.0.0/8',
    ],
  ],
]
for (const [what, read, good, bad] of cases) {
  test(`${what} is read from what is one, and from nothing else`, () => {
    for (const text of good) assert.equal(read(text) instanceof values.Mistake, false, text)
    for (const text of bad) assert.ok(read(text) instanceof values.Mistake, text)
  })
}

test('a mistake about networks names every entry that is wrong', () => {
  const mistake = values.networks('10.0.0.0/8, 10.0.0.1/8, nonsense')
  assert.ok(mistake instanceof values.Mistake)
  assert.match(mistake.sentence, /"10\.0\.0\.1\/8".*"nonsense"/)
})

test('a length of time is read as the ms that were shown', () => {
  const read = values.duration(0, Number.MAX_SAFE_INTEGER)
  fc.assert(fc.property(fc.nat(999_999_999), (ms) => assert.equal(read(values.showDuration(ms)), ms)))
})

test('a listener is read as the address that was shown', () => {
  const host = fc.oneof(fc.ipV4(), fc.constant('::1'), fc.constant('localhost'))
  const tcp = fc.tuple(host, fc.nat(65_535)).map(([host, port]): ListenAddress => ({ kind: 'tcp', host, port }))
  const path = fc.stringMatching(/^[a-z ./=]{0,80}$/).map((rest): ListenAddress => ({ kind: 'unix', path: `/${rest}` }))
  const roundTrip = (address: ListenAddress): void =>
    assert.deepEqual(values.listenAddress(values.showListenAddress(address)), address)
  fc.assert(fc.property(fc.oneof(tcp, path), roundTrip))
})

const local: readonly [text: string, expected: boolean][] = [
  ['unix:/run/a.sock', true],
  ['127.0.0.1:1', true],
  ['127.255.0.9:1', true],
  ['localhost:1', true],
  ['[::1]:1', true],
  ['0.0.0.0:1', false],
  ['[::]:1', false],
  ['10.0.0.1:1', false],
  ['localhost.example.com:1', false],
  ['127.0.0.1.example.com:1', false],
  ['[::ffff:127.0.0.1]:1', false],
]
for (const [text, expected] of local) {
  test(`a listener on ${text} can ${expected ? 'only' : 'not only'} be reached from this machine`, () => {
    const address = values.listenAddress(text)
    assert.equal(address instanceof values.Mistake || values.isLocal(address), expected)
  })
}
