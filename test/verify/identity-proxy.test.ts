import assert from 'node:assert/strict'
import { before, beforeEach, suite, test } from 'node:test'
import { suiteCleanup } from '../support/app.ts'
import { openProxied, startApp } from './behind.ts'
import type { ProxiedApp } from './behind.ts'

const POLICY = `
version: 1
roles: { user: [] }
apps:
  - name: app
    hosts: [localhost]
    scheme: http
    headers: { X-WEBAUTH-USER: 'u={login}', X-Permissions: '{permissions}' }
    alias_guard: ignore
    rules:
      - { path: /public/**, allow: anyone }
      - require: {}
`
const FORGED = ['X-WEBAUTH-USER: admin', 'x-permissions: all', 'Remote-Groups: admins', 'X_Webauth_User: admin']

suite('an app behind proxy mode that has headers of its own, where the alias guard is off', () => {
  const cleanup = suiteCleanup()
  let seen: NodeJS.Dict<string[]>
  let proxied: ProxiedApp
  before(async () => {
    const upstream = await startApp(cleanup, (request, response) => {
      seen = request.headersDistinct
      response.end()
    })
    proxied = await openProxied(cleanup, upstream, { policy: POLICY })
  })
  beforeEach(() => {
    seen = {}
  })

  test('HDR-01, HDR-05: hears nothing of what an anonymous client claims', async () => {
    const { status } = await proxied.send('GET /public/a', { anonymous: true, more: FORGED })
    assert.equal(status, 200)
    for (const name of ['x-webauth-user', 'x_webauth_user', 'x-permissions', 'remote-user', 'remote-groups']) {
      assert.equal(seen[name], undefined, name)
    }
  })

  test('HDR-04: hears of a visitor what we say, once, and nothing where there is nothing to say', async () => {
    const { status } = await proxied.send('GET /', { more: FORGED })
    assert.equal(status, 200)
    assert.deepEqual(seen['x-webauth-user'], ['u=alice'])
    assert.deepEqual(seen['remote-groups'], ['user'])
    assert.equal(seen['x-permissions'], undefined)
    assert.equal(seen['x_webauth_user'], undefined)
  })
})
