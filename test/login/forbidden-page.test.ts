import assert from 'node:assert/strict'
import test from 'node:test'
import { forbiddenPage } from '../../src/login/forbidden-page.ts'
import { plainFrame } from '../../src/web/look.ts'

const MODEL = { frame: plainFrame('/a'), decisionId: 'd<1>', login: 'alice', signInHref: '/.postern/login?rd=signed' }

test('the forbidden page tells who is signed in, the decision and the way to sign in as somebody else', () => {
  const document = forbiddenPage(MODEL)
  assert.ok(document.includes('<strong>alice</strong>'))
  assert.ok(document.includes('<code>d&#60;1&#62;</code>'))
  assert.match(document, /href="\/\.postern\/login\?rd=signed">Sign in as somebody else</)
})

test('the forbidden page needs neither a decision nor somebody signed in', () => {
  const document = forbiddenPage({ ...MODEL, decisionId: null, login: null })
  assert.doesNotMatch(document, /<code>|signed in as/)
  assert.match(document, />Sign in</)
})
