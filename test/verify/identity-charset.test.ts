import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Charset } from '../../src/policies/policy.ts'
import { asciiFold, encodeText, percentUtf8 } from '../../src/verify/identity-charset.ts'

const CHARSETS: readonly Charset[] = ['percent-utf8', 'ascii-fold', 'base64']
const TEXTS = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('%', '2', '5', '\r', '\n', '\0', ' ', ',', 'é', '李', '😀', '\u2028', '\ud800') }),
)

test('HDR-13: in every charset any text is printable ASCII, so CR, LF and NUL never come', () => {
  fc.assert(
    fc.property(fc.constantFrom(...CHARSETS), TEXTS, (charset, text) => {
      assert.match(encodeText(charset, text), /^[\x20-\x7e]*$/)
    }),
    { numRuns: 5_000 },
  )
})

test('percent-utf8 and base64 give any text back', () => {
  fc.assert(
    fc.property(TEXTS, (text) => {
      assert.equal(decodeURIComponent(encodeText('percent-utf8', text)), text.toWellFormed())
      assert.equal(Buffer.from(encodeText('base64', text), 'base64').toString(), text.toWellFormed())
    }),
    { numRuns: 3_000 },
  )
})

test('percent-utf8 makes what is no text readable instead of failing', () => {
  assert.equal(percentUtf8('a\ud800b'), 'a%EF%BF%BDb')
  assert.equal(percentUtf8('100 % "Zoë"'), '100 %25 "Zo%C3%AB"')
})

test('ascii-fold writes names as people do without their marks', () => {
  const names = [
    ['Zoë Åström', 'Zoe Astrom'],
    ['Groß STRAẞE', 'Gross STRASSE'],
    ['Þórður Ægisson', 'Thordur AEgisson'],
    ['Łukasz Żółć', 'Lukasz Zolc'],
    ['Đorđe Søren Œuvre', 'Dorde Soren OEuvre'],
    ['Diyarbakırlı İ', 'Diyarbakirli I'],
    ['Nguyễn Văn Đức', 'Nguyen Van Duc'],
    ['Ｆｕｌｌ ½ ﬁne', 'Full 1/2 fine'],
    ['O’Brien – “x”', 'O\'Brien - "x"'],
    ['李 Иван 😀', '? ???? ?'],
    ['a\r\n\0\u007fb', 'a????b'],
    ['e\u0301', 'e'],
    ['', ''],
  ] as const
  for (const [name, expected] of names) assert.equal(asciiFold(name), expected, name)
})

test('ascii-fold leaves ASCII as it is, so no two logins become the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => assert.equal(asciiFold(text), text)),
    { numRuns: 1_000 },
  )
})
