import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { createOpsApp, createPortalApp, createVerifyApp } from '../src/app.ts'
import { METHODS } from '../src/policies/method.ts'
import { requireAccessDeclarations } from '../src/web/access.ts'
import { createBrowser, openPortal } from './login/browser.ts'
import { openTestApp } from './support/app.ts'

const OPEN: readonly string[] = [
  'app GET /.postern/callback',
  'app GET /.postern/forbidden',
  'app GET /.postern/logout',
  'app GET /.postern/session.js',
  'app GET /.postern/start',
  'app POST /.postern/logout',
  ...['app', 'none', 'portal'].map((entrance) => `${entrance} GET /.postern/assets/…`),
  'portal GET /.postern',
  'portal GET /.postern/.well-known/jwks.json',
  'portal GET /.postern/',
  'portal GET /.postern/forbidden',
  'portal GET /.postern/invite/:token',
  'portal GET /.postern/login',
  'portal GET /.postern/logout',
  'portal GET /.postern/session.js',
  'portal GET /.postern/start',
  'portal POST /.postern/api/v2/auth/login',
  'portal POST /.postern/api/v2/auth/logout',
  'portal POST /.postern/invite',
  'portal POST /.postern/login',
  'portal POST /.postern/logout',
]
const PAGE = '/.postern/account/sessions'
const SESSION = '/.postern/api/v2/auth/session'
const FOR_SIGNED_IN: readonly string[] = [`portal GET ${PAGE}`, `portal POST ${PAGE}`, `portal GET ${SESSION}`]
const EXPLAIN = '/.postern/api/v2/policy/explain'
const ATTEMPTS = '/.postern/api/v2/attempts'
const FOR_ADMINISTRATORS: readonly string[] = [
  `portal GET ${EXPLAIN}`,
  `portal GET ${ATTEMPTS}`,
  `portal DELETE ${ATTEMPTS}`,
]

suite('the routes', () => {
  test('ADM-01: of the portal are these; those for people signed in refuse everybody else', async (t) => {
    const { portal } = await openPortal(t)
    assert.deepEqual(routesOf(portal), [...OPEN, ...FOR_SIGNED_IN, ...FOR_ADMINISTRATORS].sort())
    const browser = createBrowser(portal)
    for (const cookie of ['', '__Host-postern=x', '__Host-postern=', 'postern=x']) {
      const headers = { cookie }
      assert.equal((await browser.get(SESSION, { headers })).status, 401)
      assert.equal((await browser.get(EXPLAIN, { headers })).status, 401)
      assert.equal((await browser.post(PAGE, { headers, body: {} })).status, 401)
      const page = await browser.get(PAGE, { headers })
      assert.deepEqual([page.status, page.headers['location']], [302, '/.postern/login'])
    }
  })

  test('ADM-01: of the verify listener and of operations are these', async (t) => {
    const { context } = await openTestApp(t)
    const ops = createOpsApp(context.metrics, {})
    const verify = createVerifyApp(context)
    t.after(() => Promise.all([ops.close(), verify.close()]))
    await Promise.all([ops.ready(), verify.ready()])
    const opsUrls = ['/health', '/health/detail', '/metrics', '/ping']
    const forNginx = [
      '/verify/nginx',
      '/verify/nginx/app/:app',
      '/verify/ingress-nginx/app/:app',
      '/verify/ngf/app/:app',
    ]
    // What follows an app's name under ext-authz is the original target, listed here as `*`.
    const forAll = ['/verify/forward', '/verify/forward/app/:app', '*']
    const withAll = METHODS.filter((method) => method !== 'CONNECT').flatMap((method) =>
      forAll.map((url) => `${method} ${url}`),
    )
    const withHead = (urls: readonly string[]): string[] => urls.flatMap((url) => [`GET ${url}`, `HEAD ${url}`]).sort()
    assert.deepEqual([routesOf(ops), routesOf(verify)], [withHead(opsUrls), [...withHead(forNginx), ...withAll].sort()])
  })

  test('without a declaration of who may call it, a route stops the start', async (t) => {
    const { context } = await openTestApp(t)
    for (const app of [createPortalApp(context, null), createVerifyApp(context), createOpsApp(context.metrics, {})]) {
      t.after(() => app.close())
      assert.throws(() => app.get('/planted', async () => 'x'), /GET \/planted does not declare its access/)
    }
    const plain = Fastify()
    requireAccessDeclarations(plain)
    assert.throws(() => plain.post('/x', { config: {} }, async () => 'x'), /does not declare/)
  })

  test('ADM-14: the portal has nothing of the other listeners', async (t) => {
    const browser = createBrowser((await openPortal(t)).portal)
    const paths = ['/metrics', '/health', '/ping', '/verify/nginx', '/debug', '/docs', '/openapi.json', '/']
    for (const path of [...paths, ...paths.map((each) => `/.postern${each}`)].filter((each) => each !== '/.postern/')) {
      assert.equal((await browser.get(path)).status, 404, path)
    }
  })

  test('the metrics count what was asked', async (t) => {
    const { context, verify } = await openTestApp(t)
    const ops = createOpsApp(context.metrics, { always: () => ({ status: 'failing', detail: 'as it should' }) })
    t.after(() => ops.close())
    await verify.inject({ url: '/verify/nginx' })
    const { payload } = await ops.inject({ url: '/metrics' })
    assert.match(payload, /postern_verify_duration_seconds_count\{decision="refuse",tier="none"\} 1/)
    assert.equal((await ops.inject({ url: '/health' })).statusCode, 503)
    assert.match((await ops.inject({ url: '/health/detail' })).payload, /as it should/)
    assert.equal((await ops.inject({ url: '/ping' })).statusCode, 200)
  })
})

/** Entrance, method and whole path of each route, assets as one. */
function routesOf(app: FastifyInstance): string[] {
  const printed = app.printRoutes({ commonPrefix: false })
  const trail: string[] = []
  const routes = printed.split('\n').flatMap((line) => {
    const found = /^([│├└─ ]*)(\S+?)(?: \(([A-Z, ]+)\))?(?: \{"entrance":"(\w+)"\})?$/.exec(line)
    if (found === null) return []
    const [, indent = '', part = '', methods, entrance] = found
    trail.splice(indent.length / 4 - 1, trail.length, part)
    return (methods ?? '')
      .split(', ')
      .filter((method) => method !== '')
      .map((method) => [entrance ?? [], method, trail.join('')].flat().join(' '))
  })
  return [...new Set(routes.map((route) => route.replace(/assets\/.*/, 'assets/…')))].sort()
}
