import assert from 'node:assert/strict'
import test from 'node:test'
import { firstRunPage } from '../../src/login/first-run-page.ts'
import { plainFrame } from '../../src/web/look.ts'

const MODEL = {
  frame: plainFrame('/a'),
  action: '/.postern/invite',
  csrf: 'form-token',
  token: 'link-token',
  values: { username: 'alice', email: 'alice@example.com', name: 'Alice <A>' },
  faults: {},
  minPasswordLength: 14,
  invitedEmail: null,
}

test('the first-run page asks for an account and sends the link token along', () => {
  const document = firstRunPage(MODEL)
  assert.deepEqual(names(document), ['csrf', 'token', 'username', 'email', 'name', 'password'])
  assert.match(inputTag(document, 'token'), /value="link-token"/)
  assert.match(inputTag(document, 'password'), /autocomplete="new-password"/)
  assert.ok(document.includes('14 characters or more'))
  assert.doesNotMatch(document, /role="alert"|aria-invalid/)
})

test('the first-run page keeps what was entered, escaped, but for the password', () => {
  const document = firstRunPage(MODEL)
  assert.match(inputTag(document, 'name'), /value="Alice &#60;A&#62;"/)
  assert.doesNotMatch(inputTag(document, 'password'), / value=/)
})

test('a fault stands at its field, is tied to it beside the hint, and the first one has the focus', () => {
  const document = firstRunPage({ ...MODEL, faults: { password: 'Too "short".', email: 'No address.' } })
  assert.match(document, /<title>Error: /)
  assert.match(document, /id="password-error" role="alert">Too &#34;short&#34;\.</)
  assert.match(inputTag(document, 'password'), /aria-describedby="password-hint password-error" aria-invalid="true"/)
  assert.match(inputTag(document, 'email'), /aria-describedby="email-error" aria-invalid="true" autofocus/)
  assert.equal(document.match(/ autofocus/g)?.length, 1)
})

function inputTag(document: string, name: string): string {
  return (document.match(/<input [^>]*>/g) ?? []).find((tag) => tag.includes(` name="${name}"`)) ?? ''
}

function names(document: string): (string | undefined)[] {
  return (document.match(/<input [^>]*>/g) ?? []).map((tag) => / name="([^"]*)"/.exec(tag)?.[1])
}
