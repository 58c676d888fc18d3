import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSignInUrl } from '../../src/login/sign-in-url.ts'
import { openTestApp } from '../support/app.ts'

const START = 'https://app.example.com/.postern/start?rd=%2Fvault'
const DOMAIN = {
  POSTERN_PUBLIC_URL: 'https://auth.example.com',
  POSTERN_SESSION_SCOPE: 'domain',
  POSTERN_COOKIE_DOMAIN: 'example.com',
}

test('where the portal’s cookie counts a sign-in begins there, and proving anew who one is stays asked for', async (t) => {
  const { context } = await openTestApp(t, { env: DOMAIN })
  const toSignInUrl = createSignInUrl(context.portalParts)
  const [page, again] = [START, `${START}&prove=again`].map((start) => new URL(toSignInUrl(start)))
  for (const url of [page, again]) {
    assert.equal(`${url?.origin}${url?.pathname}`, 'https://auth.example.com/login')
    assert.equal(context.portalParts.returnAddresses.open(url?.searchParams.get('rd') ?? '')?.target, '/vault')
  }
  assert.deepEqual([page?.searchParams.get('prove'), again?.searchParams.get('prove')], [null, 'again'])
})

test('elsewhere a sign-in begins on the host of the app, as it was asked for', async (t) => {
  const { context } = await openTestApp(t, { env: { POSTERN_PUBLIC_URL: 'https://auth.example.com' } })
  assert.equal(createSignInUrl(context.portalParts)(`${START}&prove=again`), `${START}&prove=again`)
})
