import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBrowser, openPortal } from '../login/browser.ts'
import { POLICY } from '../support/app.ts'
import { API } from './caller.ts'

const ROLES = `roles:
  reader: ['postern.policy:read']
  both: ['postern.policy:read', 'postern.users:read']
`

test('ADM-08: the matrix finds people by their addresses only for who may see people', async (t) => {
  const policy = POLICY.replace('roles:\n', ROLES)
  const app = await openPortal(t, { policy, env: { POSTERN_RATE_LIMITS: 'off' } })
  for (const login of ['reader', 'both']) await app.addUser(login, { roles: [login] })
  const search = 'search=reader@exam'
  for (const [username, status] of [
    ['reader', 403],
    ['both', 200],
  ] as const) {
    const browser = createBrowser(app.portal)
    await browser.signIn({ username })
    for (const path of [`${API}/matrix`, '/.postern/admin/matrix']) {
      assert.equal((await browser.get(path)).status, 200)
      assert.equal((await browser.get(`${path}?${search}`)).status, status, `${username} ${path}`)
    }
    const { text } = await browser.get('/.postern/admin/matrix')
    assert.equal(/name="search"/.test(text), status === 200)
  }
})
