import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startPlace } from './place.ts'
import { ALICE, startStub, type StubAnswer } from './stub.ts'

const PORTAL_INCLUDE = 'include postern/portal.conf;'

/** Adds directives to the protected server, as its operator might. */
function inServer(...directives: string[]): { edit: (siteConf: string) => string } {
  return { edit: (siteConf) => siteConf.replace(PORTAL_INCLUDE, `${PORTAL_INCLUDE}\n${directives.join('\n')}`) }
}

const CARELESS = inServer(
  'error_page 401 403 404 429 500 502 504 =200 @open;',
  'proxy_intercept_errors on;',
  'satisfy any;',
  'allow all;',
  'location @open { return 200 open; }',
)

const REFUSALS: readonly (readonly [answer: StubAnswer, status: number])[] = [
  [{ status: 401 }, 401],
  [{ status: 403 }, 403],
  [{ status: 404 }, 500],
  [{ status: 429 }, 500],
  [{ status: 500 }, 500],
  ['hang up', 500],
]

test('error pages and "satisfy any" of the surrounding server do not open a door', async (t) => {
  const { gateway, app, visit } = await startPlace(t, CARELESS)
  for (const [answer, status] of REFUSALS) {
    gateway.answerWith(answer)
    assert.equal((await visit('/wiki')).status, status, JSON.stringify(answer))
  }
  await gateway.stop()
  assert.equal((await visit('/wiki')).status, 500)
  assert.deepEqual(app.requests, [])
})

test("the app's own refusals reach the visitor as they are", async (t) => {
  const legacy = await startStub(t, ALICE)
  const { visit } = await startPlace(t, { ...CARELESS, app: legacy.address })
  for (const status of [401, 403, 404, 500, 503]) {
    legacy.answerWith({ status, body: 'from the app' })
    const reply = await visit('/wiki')
    assert.deepEqual([reply.status, reply.text], [status, 'from the app'])
  }
})

test('with the gateway asked for the whole server, the portal and its ways stay open', async (t) => {
  const { gateway, portal, visit } = await startPlace(t, inServer('auth_request /.postern/verify;'))
  gateway.answerWith({ status: 401, headers: { 'X-Postern-Location': 'https://app.example.com/.postern/start' } })
  assert.equal((await visit('/.postern/login')).text, 'portal')
  assert.deepEqual(gateway.requests, [])
  assert.equal((await visit('/wiki')).status, 302)
  gateway.answerWith({ status: 403, headers: { 'X-Postern-Decision': 'd-17' } })
  portal.answerWith({ status: 403, body: '<p>d-17</p>' })
  assert.equal((await visit('/wiki')).text, '<p>d-17</p>')
  await portal.stop()
  assert.match((await visit('/wiki')).text, /: d-17\n$/)
})

test('a cache of the surrounding server keeps no answer of the gateway', async (t) => {
  const cache = ['proxy_cache_path cache keys_zone=all:1m;', 'proxy_cache all;', 'proxy_cache_valid any 1m;']
  const { gateway, visit } = await startPlace(t, { edit: (siteConf) => `${cache.join('\n')}\n${siteConf}` })
  assert.equal((await visit('/wiki')).status, 200)
  gateway.answerWith({ status: 401 })
  assert.equal((await visit('/wiki')).status, 401)
  assert.equal(gateway.requests.length, 2)
})
