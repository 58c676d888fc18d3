import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { DOUBLED, cookieNames, readCookie, withoutCookies } from '../../src/web/cookies.ts'

const NAME = '__Host-postern'

const readings: readonly [string, readonly string[], string | null | typeof DOUBLED][] = [
  ['no header', [], null],
  ['an empty header', [''], null],
  ['other cookies only', ['a=b; c=d'], null],
  ['one cookie', ['__Host-postern=abc'], 'abc'],
  ['a cookie between others', ['a=b; __Host-postern=abc; c=d'], 'abc'],
  ['no blank after the semicolon', ['a=b;__Host-postern=abc;c=d'], 'abc'],
  ['blanks and tabs around the pair', ['a=b; \t __Host-postern=abc \t ; c=d'], 'abc'],
  ['an empty value', ['__Host-postern='], ''],
  ['an empty value before others', ['__Host-postern=; a=b'], ''],
  ['a value with equals signs', ['__Host-postern=a=b=='], 'a=b=='],
  ['quotes, kept', ['__Host-postern="abc"'], '"abc"'],
  ['percent escapes, kept', ['__Host-postern=%61%00'], '%61%00'],
  ['a blank after the equals sign, kept', ['__Host-postern= abc'], ' abc'],
  ['the cookie in a second header', ['a=b', '__Host-postern=abc'], 'abc'],
  ['two in one header', ['__Host-postern=a; __Host-postern=b'], DOUBLED],
  ['two that are the same', ['__Host-postern=a; __Host-postern=a'], DOUBLED],
  ['two in two headers', ['__Host-postern=a', '__Host-postern=b'], DOUBLED],
  ['two of which one is empty', ['__Host-postern=; __Host-postern=b'], DOUBLED],
  ['a longer name', ['__Host-postern_app=abc'], null],
  ['a longer name before the real one', ['__Host-postern_app=x; __Host-postern=abc'], 'abc'],
  ['a name that ends alike', ['x__Host-postern=abc'], null],
  ['the name as a value', ['a=__Host-postern=abc'], null],
  ['the name after a blank in a value', ['a=b __Host-postern=abc'], null],
  ['the name in capitals', ['__HOST-POSTERN=abc'], null],
  ['a blank before the equals sign', ['__Host-postern =abc'], null],
  ['the name in quotes', ['"__Host-postern"=abc'], null],
  ['an encoded name', ['__Host-postern%20=abc'], null],
  ['a foreign kind of blank before the name', ['\u2000__Host-postern=abc', '\u00a0__Host-postern=abc'], null],
  ['a line break before the name', ['a=b;\n__Host-postern=abc'], null],
  ['a comma between pairs', ['a=b, __Host-postern=abc'], null],
  ['a quoted semicolon, which ends a pair', ['a="b; __Host-postern=abc"'], 'abc"'],
  ['a name without a value', ['__Host-postern; a=b'], null],
]
for (const [what, headers, expected] of readings) {
  test(`readCookie reads ${what}`, () => assert.equal(readCookie(headers, NAME), expected))
}

test('readCookie gives what splitting the whole header gives', () => {
  const piece = fc.constantFrom('ab', 'a', 'b', '=', ';', ' ', '\t', '"', ',', 'ab=', '; ab=', '_')
  const header = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(fc.array(header, { maxLength: 3 }), (headers) => {
      assert.equal(readCookie(headers, 'ab'), readBySplitting(headers, 'ab'))
    }),
    { numRuns: 5000 },
  )
})

test('cookie names carry __Host- where the public URL is https and are plain where it is http', () => {
  assert.deepEqual(cookieNames(true), {
    portal: '__Host-postern',
    app: '__Host-postern_app',
    state: '__Host-postern_state',
    trips: '__Host-postern_trips',
    preSignIn: '__Host-postern_pre',
    device: '__Host-postern_device',
    pending: '__Host-postern_pending',
    language: '__Host-postern_language',
  })
  assert.equal(cookieNames(false).portal, 'postern')
})

test('withoutCookies drops every cookie of ours and keeps the others as they were', () => {
  const cases: readonly [string, string | null][] = [
    ['__Host-postern=a', null],
    ['__Host-postern=a; __Host-postern=b;', null],
    ['a=1; __Host-postern=a; b="x y"; __Host-postern_app=c; c', 'a=1; b="x y"; c'],
    ['__host-POSTERN =a; \t__Host-postern; __Host-postern_state=x=y;a=__Host-postern=b', 'a=__Host-postern=b'],
    ['__Host-posterns=1; x__Host-postern=2', '__Host-posterns=1; x__Host-postern=2'],
    ['', null],
  ]
  for (const [header, expected] of cases) assert.equal(withoutCookies(header, [NAME]), expected)
})

test('whatever withoutCookies leaves, readCookie finds none of ours in it', () => {
  const piece = fc.constantFrom('postern', '_app', '=', ';', ' ', '\t', '"', 'x', 'POSTERN')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const left = withoutCookies(pieces.join(''), ['postern'])
      assert.equal(readCookie([left ?? ''], 'postern'), null)
      assert.equal(readCookie([left ?? ''], 'postern_app'), null)
    }),
    { numRuns: 2000 },
  )
})

function readBySplitting(headers: readonly string[], name: string): string | null | typeof DOUBLED {
  const pairs = headers.flatMap((header) => header.split(';')).map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ''))
  const found = pairs.filter((pair) => pair.includes('=') && pair.slice(0, pair.indexOf('=')) === name)
  if (found.length > 1) return DOUBLED
  return found[0]?.slice(name.length + 1) ?? null
}
