import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { isOwnPermission, OWN_PERMISSIONS } from '../../src/lib/permissions.ts'
import type { OwnPermission } from '../../src/lib/permissions.ts'
import { createPortalApp } from '../../src/portal/app.ts'
import { createBrowser, openPortal } from '../login/browser.ts'
import type { Browser } from '../login/browser.ts'
import { POLICY, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { newToken } from './caller.ts'

interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With nothing in it that is there. */
  readonly path: string
  readonly permission: OwnPermission
}

const PERMISSIONS = Object.keys(OWN_PERMISSIONS) as OwnPermission[]
const ROLES = PERMISSIONS.map((permission) => `  only-${slug(permission)}: ['${permission}']\n`).join('')
const PLACES: Readonly<Record<string, string>> = {
  id: '00000000-0000-4000-8000-000000000000',
  login: 'nobody-here',
  version: '999999',
}

suite('permissions, by the table of routes', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  let routes: readonly Route[]
  before(async () => {
    const policy = POLICY.replace('roles:\n', `roles:\n${ROLES}`)
    app = await openPortal(cleanup, { policy, env: { POSTERN_RATE_LIMITS: 'off' } })
    await app.addUser('plain', { roles: ['user'] })
    for (const permission of PERMISSIONS) await app.addUser(slug(permission), { roles: [`only-${slug(permission)}`] })
    await app.addUser('root', { roles: ['postern-admin'] })
    routes = await routesWithPermissions(app)
  })

  const signedIn = async (login: string): Promise<Browser> => {
    const browser = createBrowser(app.portal)
    await browser.signIn({ username: login })
    return browser
  }

  test('there are some of each', () => {
    assert.deepEqual(
      PERMISSIONS.filter((permission) => !routes.some((route) => route.permission === permission)),
      [],
    )
  })

  test('ADM-01: whoever has no permission is refused on every one of them', async () => {
    const plain = await signedIn('plain')
    for (const route of routes) assert.ok(await isRefused(plain, route), `${route.method} ${route.path}`)
  })

  for (const permission of PERMISSIONS) {
    test(`ADM-01: ${permission} opens its own routes and no other, in a browser and by a token`, async () => {
      const browser = await signedIn(slug(permission))
      const authorization = `Bearer ${await newToken(app, slug(permission), [permission])}`
      for (const route of routes) {
        const what = `${route.method} ${route.path}`
        const isOwn = route.permission === permission
        assert.equal(await isRefused(browser, route), !isOwn, what)
        if (!route.path.startsWith('/.postern/api/') || route.path.endsWith('/events')) continue
        assert.equal(await isRefused(createBrowser(app.portal), route, { authorization }), !isOwn, `${what} by token`)
      }
    })
  }

  test('ADM-10: a token of an administrator opens what its scope names, and none without a scope anything', async () => {
    const authorization = `Bearer ${await newToken(app, 'root', ['postern.users:read'])}`
    const bare = `Bearer ${await newToken(app, 'root', [])}`
    for (const route of routes.filter(({ path }) => path.startsWith('/.postern/api/'))) {
      const isOwn = route.permission === 'postern.users:read'
      assert.equal(await isRefused(createBrowser(app.portal), route, { authorization }), !isOwn, route.path)
      assert.ok(await isRefused(createBrowser(app.portal), route, { authorization: bare }), route.path)
    }
  })
})

/** Those of the portal that declare a permission, each with a path that fits it. */
async function routesWithPermissions({ context }: TestApp): Promise<Route[]> {
  const portal = createPortalApp(context, null)
  const found: Route[] = []
  portal.addHook('onRoute', ({ method, url, config }) => {
    const { access } = config ?? {}
    if (access === undefined || !isOwnPermission(access)) return
    const path = url.replaceAll(/:(\w+)/g, (_, name: string) => PLACES[name] ?? 'none')
    for (const each of [method].flat()) found.push({ method: each as Route['method'], path, permission: access })
  })
  await portal.ready()
  await portal.close()
  return found
}

/** Whether it is the lack of a permission that keeps somebody out; what else is wrong with the request says otherwise. */
async function isRefused(
  browser: Browser,
  { method, path }: Route,
  headers: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const { status, text } = await browser.send(method, path, { headers })
  assert.ok(status < 500 && status !== 401, `${method} ${path}: ${status}`)
  if (status !== 403) return false
  return path.startsWith('/.postern/api/') ? text.includes('"code":"forbidden"') : !/<form/.test(text)
}

function slug(permission: string): string {
  return permission.slice('postern.'.length).replace(':', '-')
}
