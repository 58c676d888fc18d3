import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBrowser, openPortal } from '../login/browser.ts'
import { POLICY } from '../support/app.ts'
import { API } from './caller.ts'

test('the configuration of a proxy can be had for an app of the policy, by who may read it', async (t) => {
  const policy = POLICY.replace('roles:\n', "roles:\n  reader: ['postern.policy:read']\n")
  const app = await openPortal(t, { policy, env: { POSTERN_RATE_LIMITS: 'off' } })
  await app.addUser('reader', { roles: ['reader'] })
  await app.addUser('plain')
  const reader = createBrowser(app.portal)
  await reader.signIn({ username: 'reader' })
  const { status, text } = await reader.get(`${API}/policy/snippets/nginx?app=team&upstream=http://127.0.0.1:7777`)
  const { data } = JSON.parse(text) as { data: { proxy: string; app: string; snippet: string } }
  assert.deepEqual([status, data.proxy, data.app], [200, 'nginx', 'team'])
  assert.match(data.snippet, /server 127\.0\.0\.1:7777;/)
  const wrong = { 'iis?app=team': 'proxy', 'nginx?app=none': 'app', 'nginx?app=team&upstream=x;y': 'upstream' }
  for (const [asked, field] of Object.entries(wrong)) {
    const reply = await reader.get(`${API}/policy/snippets/${asked}`)
    assert.equal(reply.status, 400, asked)
    assert.match(reply.text, new RegExp(`"field":"${field}"|"${field}":`), reply.text)
  }
  const plain = createBrowser(app.portal)
  await plain.signIn({ username: 'plain' })
  assert.equal((await plain.get(`${API}/policy/snippets/nginx?app=team`)).status, 403)
})
