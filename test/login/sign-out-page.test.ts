import assert from 'node:assert/strict'
import test from 'node:test'
import { signOutPage, signedOutPage } from '../../src/login/sign-out-page.ts'
import { signedInPage } from '../../src/login/signed-in-page.ts'
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

test('the start page says who is signed in, and signs out by a form alone', () => {
  const who = { login: 'alice', name: 'Alice & Co', email: 'alice@example.com' }
  const document = signedInPage({
    frame: plainFrame('/a'),
    ...who,
    signOutAction: '/.postern/logout',
    csrf: 'token',
    accountBase: '/s',
  })
  for (const text of ['alice', 'Alice &#38; Co', 'alice@example.com'])
    assert.ok(document.includes(`<dd>${text}</dd>`), text)
  assert.match(
    document,
    /<form method="post" action="\/\.postern\/logout">\s*<input type="hidden" name="csrf" value="token" \/>/,
  )
})

test('the start page shows the login where no name is known', () => {
  const who = { login: 'alice', name: '', email: 'alice@example.com' }
  const document = signedInPage({
    frame: plainFrame('/a'),
    ...who,
    signOutAction: '/x',
    csrf: 'token',
    accountBase: '/s',
  })
  assert.equal(document.match(/<dd>alice<\/dd>/g)?.length, 2)
})
