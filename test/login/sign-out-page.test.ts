import assert from 'node:assert/strict'
import test from 'node:test'
import { signOutPage, signedOutPage } from '../../src/login/sign-out-page.ts'
import { plainFrame } from '../../src/web/look.ts'

test('the sign-out page says who is signed in, and signs out by a form alone', () => {
  const model = {
    frame: plainFrame('/a'),
    action: '/.postern/logout',
    csrf: 'token',
    login: '<alice>',
    homeHref: '/.postern/',
  }
  const document = signOutPage(model)
  assert.ok(document.includes('<strong>&#60;alice&#62;</strong>'))
  assert.match(
    document,
    /<form method="post" action="\/\.postern\/logout">\s*<input type="hidden" name="csrf" value="token" \/>/,
  )
  assert.match(document, /<a [^>]*href="\/\.postern\/"/)
})

test('the signed-out page leads back to the sign-in page', () => {
  assert.match(
    signedOutPage({ frame: plainFrame('/a'), signInHref: '/.postern/login' }),
    /<a [^>]*href="\/\.postern\/login"/,
  )
})
