import assert from 'node:assert/strict'
import test from 'node:test'
import { signInPage } from '../../src/login/sign-in-page.ts'
import type { SignInProblem } from '../../src/login/sign-in-page.ts'
import { plainFrame } from '../../src/web/look.ts'

const MODEL = {
  frame: plainFrame('/a'),
  action: '/.postern/login',
  csrf: 'token',
  rd: 'signed',
  returnHost: 'wiki.example.com',
  username: '',
  problem: null,
}
const PROBLEMS: readonly SignInProblem[] = [
  'username_missing',
  'password_missing',
  'wrong_credentials',
  'busy',
  'form_expired',
  'cookie_missing',
]

test('the sign-in page posts login, password, form token and return address', () => {
  const document = signInPage(MODEL)
  assert.match(document, /<form method="post" action="\/\.postern\/login"/)
  assert.deepEqual(inputs(document), { csrf: 'token', rd: 'signed', username: '', password: undefined })
  assert.match(inputTag(document, 'username'), /autocomplete="username"/)
  assert.match(inputTag(document, 'password'), /autocomplete="current-password"/)
})

test('the sign-in page leaves the return address out when there is none', () => {
  const document = signInPage({ ...MODEL, rd: null, returnHost: null })
  assert.deepEqual(Object.keys(inputs(document)), ['csrf', 'username', 'password'])
  assert.ok(!document.includes('to go on to'))
})

test('the sign-in page keeps the login that was entered, escaped, and waits for the password', () => {
  const document = signInPage({ ...MODEL, username: '"><script>' })
  assert.ok(document.includes('value="&#34;&#62;&#60;script&#62;"'))
  assert.match(inputTag(document, 'password'), / autofocus/)
  assert.doesNotMatch(inputTag(document, 'username'), / autofocus/)
})

for (const problem of PROBLEMS) {
  test(`the sign-in page announces ${problem} and ties it to its fields`, () => {
    const document = signInPage({ ...MODEL, username: 'alice', problem })
    assert.match(document, /<title>Error: /)
    assert.match(document, /<p class="alert" id="sign-in-problem" role="alert">[A-Z][^<]+\.<\/p>/)
    assert.match(inputTag(document, 'username'), /aria-describedby="sign-in-problem"/)
    assert.match(inputTag(document, 'password'), /aria-describedby="sign-in-problem"/)
  })
}

test('wrong credentials mark both fields alike', () => {
  const document = signInPage({ ...MODEL, username: 'alice', problem: 'wrong_credentials' })
  assert.match(inputTag(document, 'username'), /aria-invalid="true"/)
  assert.match(inputTag(document, 'password'), /aria-invalid="true"/)
})

test('a missing password marks the password alone, and a busy server marks nothing', () => {
  const missing = signInPage({ ...MODEL, username: 'alice', problem: 'password_missing' })
  assert.doesNotMatch(inputTag(missing, 'username'), /aria-invalid/)
  assert.match(inputTag(missing, 'password'), /aria-invalid="true"/)
  assert.doesNotMatch(signInPage({ ...MODEL, problem: 'busy' }), /aria-invalid/)
})

test('the sign-in page offers to stay signed in, for a time that people can read, only where it is told to', () => {
  const lives: readonly [ms: number, shown: string][] = [
    [30 * 86_400_000, '30 days'],
    [86_400_000, '1 day'],
    [36 * 3_600_000, '36 hours'],
    [5_400_000, '90 minutes'],
  ]
  for (const [lastsMs, shown] of lives) {
    const document = signInPage({ ...MODEL, remember: { lastsMs, isChecked: false } })
    assert.ok(document.includes(`For ${shown}.`), document)
    assert.match(document, /<label for="remember">/)
  }
  for (const model of [MODEL, { ...MODEL, remember: null }]) assert.doesNotMatch(signInPage(model), /remember/)
})

function inputTag(document: string, name: string): string {
  return (document.match(/<input [^>]*>/g) ?? []).find((tag) => tag.includes(` name="${name}"`)) ?? ''
}

function inputs(document: string): Record<string, string | undefined> {
  const tags = document.match(/<input [^>]*>/g) ?? []
  return Object.fromEntries(
    tags.map((tag) => [/ name="([^"]*)"/.exec(tag)?.[1] ?? '', / value="([^"]*)"/.exec(tag)?.[1]]),
  )
}
