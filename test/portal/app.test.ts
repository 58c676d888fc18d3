import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import Fastify from 'fastify'
import { METHODS } from '../../src/policies/method.ts'
import { createOpsApp, createPortalApp, createVerifyApp } from '../../src/portal/app.ts'
import { requireAccessDeclarations } from '../../src/web/access.ts'
import { createBrowser, openPortal } from '../login/browser.ts'
import { openTestApp } from '../support/app.ts'
import { routesOf } from '../support/routes.ts'

/** What anybody may call. A new route is for people who are signed in unless it is written down here. */
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
  'portal GET /.postern/account/email/confirm/:token',
  'portal GET /.postern/account/email/stop/:token',
  'portal GET /.postern/api/v2/openapi.json',
  'portal GET /.postern/forbidden',
  'portal GET /.postern/invite/:token',
  'portal GET /.postern/login',
  'portal GET /.postern/login/enrol',
  'portal GET /.postern/login/second-factor',
  'portal GET /.postern/login/step-up',
  'portal GET /.postern/logout',
  'portal GET /.postern/reset/:token',
  'portal GET /.postern/session.js',
  'portal GET /.postern/start',
  'portal POST /.postern/account/email/confirm',
  'portal POST /.postern/account/email/stop',
  'portal POST /.postern/api/v2/auth/login',
  'portal POST /.postern/api/v2/auth/logout',
  'portal POST /.postern/api/v2/auth/second-factor',
  'portal POST /.postern/api/v2/auth/second-factor/passkey',
  'portal POST /.postern/invite',
  'portal POST /.postern/login',
  'portal POST /.postern/login/enrol',
  'portal POST /.postern/login/enrol/confirm',
  'portal POST /.postern/login/passkey',
  'portal POST /.postern/login/passkey/options',
  'portal POST /.postern/login/second-factor',
  'portal POST /.postern/login/second-factor/passkey',
  'portal POST /.postern/login/step-up',
  'portal POST /.postern/login/step-up/passkey',
  'portal POST /.postern/logout',
  'portal POST /.postern/reset/password',
]

/** What takes a permission of ours, the first line that fits; the rest takes a sign-in. */
const FOR_OPERATORS: readonly (readonly [path: RegExp, permission: string])[] = [
  [/^POST \/api\/v2\/policy\/replay$/, 'postern.audit:read'],
  [/^(?:GET \/api\/v2\/(?:policy|apps|notices|matrix)|POST \/api\/v2\/policy\/try)(?:\/|$)/, 'postern.policy:read'],
  [/^\w+ \/api\/v2\/(?:policy|apps)(?:\/|$)/, 'postern.policy:write'],
  [/^\w+ \/api\/v2\/attempts$/, 'postern.attempts:clear'],
  [/^GET \/api\/v2\/(?:audit|decisions)(?:\/|$)/, 'postern.audit:read'],
  [
    /^(?:\w+ \/api\/v2\/invitations|(?!GET)\w+ \/api\/v2\/(?:users(?!\/:login\/sessions)|grants))(?:\/|$)/,
    'postern.users:write',
  ],
  [/^GET \/api\/v2\/(?:users|grants|roles)(?:\/|$)/, 'postern.users:read'],
  [/^GET \/api\/v2\/system\//, 'postern.system:read'],
  [/^POST \/(?:api\/v2\/system\/keys\/:purpose\/rotate|admin\/keys)$/, 'postern.system:write'],
  [/^GET \/api\/v2\/sessions$/, 'postern.sessions:read'],
  [/^DELETE \/api\/v2\/(?:users\/:login\/sessions|sessions\/:id)$/, 'postern.sessions:end'],
  [
    /^(?:GET \/admin\/(?:audit|decisions)|POST \/admin\/(?:audit\/export|policy\/replay))(?:\/|$)/,
    'postern.audit:read',
  ],
  [/^(?:GET \/admin\/(?:policy|matrix|notices|snippets)|POST \/admin\/policy\/try)(?:\/|$)/, 'postern.policy:read'],
  [/^POST \/admin\/(?:policy|notices)(?:\/|$)/, 'postern.policy:write'],
  [/^\w+ \/admin\/attempts$/, 'postern.attempts:clear'],
  [/^POST \/admin\/(?:sessions|users\/:login\/(?:sessions|tokens))\//, 'postern.sessions:end'],
  [/^(?:\w+ \/admin\/(?:invitations|new-user)|POST \/admin\/(?:users|grants))(?:\/|$)/, 'postern.users:write'],
  [/^GET \/admin\/(?:users|grants|roles)(?:\/|$)/, 'postern.users:read'],
  [/^GET \/admin\/(?:system|keys)$/, 'postern.system:read'],
  [/^GET \/admin\/sessions$/, 'postern.sessions:read'],
]

suite('the routes', () => {
  test('ADM-01: each declares the access that is written down here, which no handler need make good', async (t) => {
    const { context } = await openTestApp(t)
    const portal = createPortalApp(context, null)
    t.after(() => portal.close())
    const declared: string[] = []
    portal.addHook('onRoute', ({ method, url, config }) => {
      const path = url.replace(/assets\/.*/, 'assets/…').replace(/\/$/, '')
      for (const each of [method].flat()) declared.push(`${each} ${path}: ${config?.access}`)
    })
    await portal.ready()
    const accessOf = (route: string): string => {
      if (OPEN.includes(route)) return 'anyone'
      const path = route.replace(/^portal (\w+) \/\.postern/, '$1 ')
      return FOR_OPERATORS.find(([pattern]) => pattern.test(path))?.[1] ?? 'signed_in'
    }
    const expected = routesOf(portal).map((route) => `${route.replace(/^\w+ |\/$/g, '')}: ${accessOf(route)}`)
    assert.deepEqual([...new Set(declared)].toSorted(), [...new Set(expected)].toSorted())
  })

  test('ADM-01: anybody may call these; all others refuse whoever is not signed in', async (t) => {
    const { portal } = await openPortal(t, { env: { POSTERN_RATE_LIMITS: 'off' } })
    const routes = routesOf(portal)
    assert.deepEqual(
      OPEN.filter((route) => !routes.includes(route)),
      [],
    )
    const others = routes.filter((route) => !OPEN.includes(route))
    assert.ok(others.length > 30)
    const browser = createBrowser(portal)
    for (const route of others) {
      const [, method = '', path = ''] = route.split(' ')
      const url = path.replace(':id', '00000000-0000-4000-8000-000000000000').replace(':login', 'alice')
      for (const cookie of ['', '__Host-postern=x', '__Host-postern=', 'postern=x', '__Host-postern_pending=x']) {
        const { status, headers } = await browser.send(method as 'GET', url, { headers: { cookie } })
        const isSentToSignIn = status === 302 && headers['location'] === '/.postern/login'
        assert.ok(isSentToSignIn || status === 401, `${route} with ${cookie}: ${status}`)
      }
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
    assert.match(
      payload,
      /postern_verify_duration_seconds_count\{decision="refuse",dialect="nginx",app="_none",tier="none",lane="\w+"\} 1/,
    )
    assert.equal((await ops.inject({ url: '/health' })).statusCode, 503)
    assert.match((await ops.inject({ url: '/health/detail' })).payload, /as it should/)
    assert.equal((await ops.inject({ url: '/ping' })).statusCode, 200)
  })
})
