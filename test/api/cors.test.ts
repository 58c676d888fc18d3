import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createBrowser, openPortal } from '../login/browser.ts'
import { API } from './caller.ts'

const LISTED = 'https://admin.example.net'
const PREFLIGHT = { 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'content-type' }

suite('pages of other origins', () => {
  test('are told nothing where none is named', async (t) => {
    const { portal, addUser } = await openPortal(t)
    await addUser('root', { roles: ['postern-admin'] })
    const browser = createBrowser(portal)
    await browser.signIn({ username: 'root' })
    const { status, headers } = await browser.get(`${API}/me`, { headers: { origin: LISTED } })
    assert.deepEqual([status, headers['access-control-allow-origin']], [403, undefined])
    const asked = await browser.send('OPTIONS', `${API}/users/alice`, { headers: { origin: LISTED, ...PREFLIGHT } })
    assert.deepEqual([asked.status, asked.headers['access-control-allow-origin']], [404, undefined])
  })

  test('call operations where they are named exactly, and nothing else of the portal', async (t) => {
    const { portal, addUser } = await openPortal(t, { env: { POSTERN_CORS_ORIGINS: LISTED } })
    await addUser('root', { roles: ['postern-admin'] })
    const browser = createBrowser(portal)
    await browser.signIn({ username: 'root' })
    const foreign = { origin: LISTED, 'sec-fetch-site': 'cross-site' }
    const asked = await browser.send('OPTIONS', `${API}/users/alice`, { headers: { ...foreign, ...PREFLIGHT } })
    assert.equal(asked.status, 204)
    assert.match(asked.headers['access-control-allow-methods'] ?? '', /PATCH/)
    assert.equal(asked.headers['access-control-allow-origin'], LISTED)
    const { status, headers } = await browser.get(`${API}/me`, { headers: foreign })
    assert.deepEqual(
      [status, headers['access-control-allow-origin'], headers['access-control-allow-credentials'], headers['vary']],
      [200, LISTED, 'true', 'Origin'],
    )
    const refused = await browser.get(`${API}/users/nobody-here`, { headers: foreign })
    assert.deepEqual([refused.status, refused.headers['access-control-allow-origin']], [404, LISTED])
    for (const origin of [
      `${LISTED}:443`,
      `${LISTED}.evil.example`,
      'https://evil.example',
      'null',
      'http://admin.example.net',
    ]) {
      const other = await browser.get(`${API}/me`, { headers: { origin, 'sec-fetch-site': 'cross-site' } })
      assert.deepEqual([other.status, other.headers['access-control-allow-origin']], [403, undefined], origin)
      const before = await browser.send('OPTIONS', `${API}/me`, { headers: { origin, ...PREFLIGHT } })
      assert.deepEqual([before.status, before.headers['access-control-allow-origin']], [403, undefined], origin)
    }
    const login = { headers: { ...foreign, 'content-type': 'application/json' }, body: '{}' }
    const signIn = await browser.post(`${API}/auth/login`, login)
    assert.deepEqual([signIn.status, signIn.headers['access-control-allow-origin']], [403, undefined])
    const page = await browser.post('/.postern/logout', { headers: foreign, body: { csrf: 'x' } })
    assert.deepEqual([page.status, page.headers['access-control-allow-origin']], [403, undefined])
  })
})
