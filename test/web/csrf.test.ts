import assert from 'node:assert/strict'
import test from 'node:test'
import { createFormToken, isCrossSite, isFormToken } from '../../src/web/csrf.ts'

const OURS = 'https://auth.example.com'
const KEY = Buffer.alloc(32, 7)
const binding = { purpose: 'sign-in', binding: 'random' }

const sources: readonly [string | undefined, string | undefined, boolean][] = [
  [undefined, undefined, false],
  [OURS, undefined, false],
  [OURS, 'same-origin', false],
  [undefined, 'same-origin', false],
  [undefined, 'none', false],
  ['null', 'same-origin', true],
  ['null', undefined, true],
  ['', undefined, true],
  ['https://evil.test', 'same-origin', true],
  ['https://auth.example.com:8443', undefined, true],
  ['http://auth.example.com', undefined, true],
  ['https://auth.example.com.evil.test', undefined, true],
  [`${OURS}, https://evil.test`, undefined, true],
  [OURS, 'cross-site', true],
  [OURS, 'same-site', true],
  [undefined, 'same-site', true],
  [undefined, '', true],
  [undefined, 'SAME-ORIGIN', true],
]
for (const [origin, secFetchSite, expected] of sources) {
  test(`a request with Origin ${origin} and Sec-Fetch-Site ${secFetchSite} is ${expected ? '' : 'not '}cross-site`, () => {
    assert.equal(isCrossSite({ origin, secFetchSite }, OURS), expected)
  })
}

test('a form token is taken from the visitor and for the form that it was made for', () => {
  const token = createFormToken(KEY, binding)
  assert.match(token, /^[A-Za-z0-9_-]{43}$/)
  assert.equal(isFormToken(KEY, binding, token), true)
})

test('a form token is refused for another visitor, form or key, and when altered or empty', () => {
  const token = createFormToken(KEY, binding)
  assert.equal(isFormToken(KEY, { ...binding, binding: 'other' }, token), false)
  assert.equal(isFormToken(KEY, { ...binding, purpose: 'sign-out' }, token), false)
  assert.equal(isFormToken(Buffer.alloc(32, 8), binding, token), false)
  assert.equal(isFormToken(KEY, binding, `${token}A`), false)
  assert.equal(isFormToken(KEY, binding, ''), false)
})

test('what is cut off the purpose and put before the binding makes another token', () => {
  const token = createFormToken(KEY, { purpose: 'ab', binding: 'c' })
  assert.notEqual(createFormToken(KEY, { purpose: 'a', binding: 'bc' }), token)
})
