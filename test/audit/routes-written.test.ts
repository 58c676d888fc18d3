import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { COMMON_DETAILS, EVENT_TYPES } from '../../src/audit/events.ts'
import type { EventType } from '../../src/audit/events.ts'
import { ADMIN_ROLE } from '../../src/policies/policy.ts'
import { codeNow, keyOf, visit } from '../account/factor-visitor.ts'
import { createBrowser, hidden, openPortal } from '../login/browser.ts'
import type { Browser, Page } from '../login/browser.ts'
import { ORIGIN, PASSWORD } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { routesOf } from '../support/routes.ts'
import { followEvents } from './written.ts'
import type { WrittenEvent } from './written.ts'
import { WRITTEN_BY_ROUTES } from './written-by.ts'

const BASE = '/.postern'
const AS_JSON = { 'content-type': 'application/json' }
const NEW_PASSWORD = 'a much longer sentence of eight words'

/** Driven by the tests of their own subject, where what they need is made; each of these looks into the log. */
const ELSEWHERE = [
  'app POST /.postern/logout',
  'portal POST /.postern/admin/audit/export',
  'portal POST /.postern/admin/policy/apply',
  'portal POST /.postern/admin/policy/versions/:version/roll-back',
  'portal POST /.postern/account/email',
  'portal POST /.postern/account/email/confirm',
  'portal POST /.postern/account/email/stop',
  'portal POST /.postern/account/factors/passkey/confirm',
  'portal POST /.postern/api/v2/auth/step-up',
  'portal POST /.postern/invite',
  'portal POST /.postern/login/enrol/confirm',
  'portal POST /.postern/login/passkey',
  'portal POST /.postern/login/step-up',
  'portal POST /.postern/account/api-tokens/revoke',
  'portal DELETE /.postern/api/v2/apps/:app/notice',
  'portal PUT /.postern/api/v2/apps/:app/notice',
  'portal POST /.postern/api/v2/grants',
  'portal DELETE /.postern/api/v2/grants/:id',
  'portal DELETE /.postern/api/v2/me/sessions/:id',
  'portal PUT /.postern/api/v2/policy',
  'portal POST /.postern/api/v2/policy/versions/:version/roll-back',
  'portal DELETE /.postern/api/v2/sessions/:id',
  'portal POST /.postern/api/v2/users',
  'portal PATCH /.postern/api/v2/users/:login',
  'portal DELETE /.postern/api/v2/users/:login',
  'portal POST /.postern/api/v2/users/:login/disable',
  'portal POST /.postern/api/v2/users/:login/enable',
  'portal DELETE /.postern/api/v2/users/:login/factors',
  'portal POST /.postern/api/v2/users/:login/password-change',
  'portal PATCH /.postern/api/v2/users/:login/roles',
  'portal DELETE /.postern/api/v2/users/:login/sessions',
]

/** Pages of the console do what operations do, through the same functions; their own tests look into the log as well. */
const OF_CONSOLE = `portal POST ${BASE}/admin/`

interface Expected {
  readonly type: EventType
  readonly result?: 'success' | 'failure'
  readonly actor?: string | null
  readonly resource?: string | null
  readonly session?: boolean
}

suite('what routes write down', () => {
  test('every route that changes something has its line', async (t) => {
    const { portal } = await openPortal(t)
    const changing = routesOf(portal).filter((route) => !/^\w+ (?:GET|HEAD) /.test(route))
    assert.deepEqual(changing, Object.keys(WRITTEN_BY_ROUTES).toSorted())
  })

  test('each is in the record with who, whom, which sign-in, from where and under which number', async (t) => {
    const app = await openPortal(t, { env: { POSTERN_RATE_LIMITS: 'off' } })
    await app.addUser('alice', { roles: [ADMIN_ROLE] })
    await app.addUser('bob')
    const events = followEvents(app.database)
    const driven = new Set<string>()
    const drive = async (route: string, work: () => Promise<Page>, expected: readonly Expected[]): Promise<Page> => {
      await events()
      const page = await work()
      await app.context.events.flush()
      const written = [...(await events())]
      // A refusal is written while its reply is on the way.
      for (let looks = 0; looks < 100 && written.length < expected.length; looks++) written.push(...(await events()))
      assert.deepEqual(written.map(told), expected.map(wanted), `${route}: ${page.status} ${page.text.slice(0, 300)}`)
      for (const event of written) {
        if (route !== '') assert.ok(WRITTEN_BY_ROUTES[route]?.includes(event.event_type as EventType), route)
        assert.deepEqual([event.address, event.request_id], ['127.0.0.1', page.headers['x-request-id']], route)
        assertKnown(event)
      }
      driven.add(route)
      return page
    }
    await driveSignIns(app, drive)
    await driveAccount(app, drive)
    await driveAdministration(app, drive)
    await driveRefusals(app, drive)
    const writing = Object.entries(WRITTEN_BY_ROUTES).filter(
      ([route, types]) => types.length > 0 && !route.startsWith(OF_CONSOLE),
    )
    const missing = writing.map(([route]) => route).filter((route) => !driven.has(route) && !ELSEWHERE.includes(route))
    assert.deepEqual(missing, [])
  })
})

type Drive = (route: string, work: () => Promise<Page>, expected: readonly Expected[]) => Promise<Page>

async function driveSignIns(app: TestApp, drive: Drive): Promise<void> {
  const browser = createBrowser(app.portal)
  const wrong = { type: 'sign_in', result: 'failure', actor: null, session: false } as const
  const login = `portal POST ${BASE}/login`
  await drive(login, () => browser.signIn({ username: 'bob', password: 'not this' }), [
    { ...wrong, resource: 'user:bob' },
  ])
  await drive(login, () => browser.signIn({ username: 'nobody <b>' }), [{ ...wrong, resource: null }])
  const right = { type: 'sign_in', actor: 'bob', resource: 'user:bob', session: true } as const
  await drive(login, () => browser.signIn({ username: 'bob' }), [right])
  const out = { type: 'sign_out', actor: 'bob', session: true } as const
  const csrf = hidden(await browser.get(`${BASE}/logout`), 'csrf')
  await drive(`portal POST ${BASE}/logout`, () => browser.post(`${BASE}/logout`, { body: { csrf } }), [out])
  const api = (path: string, body: object): Promise<Page> =>
    browser.post(BASE + path, { headers: AS_JSON, body: JSON.stringify(body) })
  const password = { username: 'bob', password: PASSWORD }
  await drive(`portal POST ${BASE}/api/v2/auth/login`, () => api('/api/v2/auth/login', password), [right])
  await drive(`portal POST ${BASE}/api/v2/auth/logout`, () => api('/api/v2/auth/logout', {}), [out])
}

async function driveAccount(app: TestApp, drive: Drive): Promise<void> {
  const own = { actor: 'bob', resource: 'user:bob', session: true } as const
  const browser = createBrowser(app.portal)
  await browser.signIn({ username: 'bob' })
  const form = async (page: string, to: string, fields: Readonly<Record<string, string>>): Promise<Page> => {
    const csrf = hidden(await browser.get(BASE + page), 'csrf')
    return browser.post(BASE + to, { body: { csrf, ...fields } })
  }
  for (const [path, fields] of [
    ['/account', { name: 'Bob the Builder' }],
    ['/account/language', { language: 'en' }],
  ] as const)
    await drive(`portal POST ${BASE}${path}`, () => form(path, path, fields), [{ type: 'user_changed', ...own }])
  const notMe = '/account/not-me'
  await app.token('bob')
  await drive(`portal POST ${BASE}${notMe}`, () => form(notMe, notMe, {}), [{ type: 'session_revoked', ...own }])
  await app.token('bob')
  const sessions = '/account/sessions'
  await drive(`portal POST ${BASE}${sessions}`, () => form(sessions, sessions, { end: 'others' }), [
    { type: 'session_revoked', ...own },
  ])
  const password = '/account/password'
  await drive(
    `portal POST ${BASE}${password}`,
    () => form(password, password, { current: 'no', password: NEW_PASSWORD }),
    [{ type: 'password_changed', result: 'failure', ...own }],
  )
  const change = { current: PASSWORD, password: NEW_PASSWORD }
  await drive(`portal POST ${BASE}${password}`, () => form(password, password, change), [
    { type: 'password_changed', ...own },
  ])
  const tokens = '/account/api-tokens'
  const wish = { name: 'x', days: '30', apps: 'app', hosts: '', paths: '', methods: '', networks: '' }
  await drive(`portal POST ${BASE}${tokens}`, () => form(tokens, tokens, wish), [{ type: 'api_token_created', ...own }])
  await driveFactors(app, drive, { browser, form, own })
}

interface Account {
  readonly browser: Browser
  readonly form: (page: string, to: string, fields: Readonly<Record<string, string>>) => Promise<Page>
  readonly own: Omit<Expected, 'type'>
}

async function driveFactors(app: TestApp, drive: Drive, { browser, form, own }: Account): Promise<void> {
  const factors = '/account/factors'
  const to = (path: string): string => `portal POST ${BASE}${factors}${path}`
  const begun = await form(factors, `${factors}/totp`, {})
  const csrf = hidden(begun, 'csrf')
  const key = keyOf({ ...begun, location: null, policy: '' })
  const body = { csrf, name: 'Phone', code: codeNow(key) }
  await drive(to('/totp/confirm'), () => browser.post(`${BASE}${factors}/totp/confirm`, { body }), [
    { type: 'factor_added', ...own },
  ])
  await drive(to('/recovery-codes'), () => form(factors, `${factors}/recovery-codes`, {}), [
    { type: 'recovery_codes_renewed', ...own },
  ])
  const [factor] = await app.context.ownFactors.list(app.database, (await visit(app, 'bob', { password: 0 })).userId)
  const fields = { kind: 'totp', id: factor?.id ?? '' }
  await drive(to('/rename'), () => form(factors, `${factors}/rename`, { ...fields, name: 'Old' }), [
    { type: 'factor_renamed', ...own },
  ])
  await driveSecondFactor(app, drive, key)
  await drive(to('/remove'), () => form(factors, `${factors}/remove`, fields), [{ type: 'factor_removed', ...own }])
}

async function driveSecondFactor(app: TestApp, drive: Drive, key: Buffer): Promise<void> {
  const browser = createBrowser(app.portal)
  const half = { type: 'sign_in_half_done', actor: 'bob', resource: 'user:bob', session: false } as const
  const whole = { type: 'sign_in_second_factor', resource: 'user:bob' } as const
  const sent = { username: 'bob', password: NEW_PASSWORD }
  await drive(`portal POST ${BASE}/login`, () => browser.signIn(sent), [half])
  const path = `${BASE}/login/second-factor`
  const give = async (code: string): Promise<Page> =>
    browser.post(path, { body: { csrf: hidden(await browser.get(path), 'csrf'), factor: 'totp', code } })
  await drive(`portal POST ${path}`, () => give('000000'), [
    { ...whole, result: 'failure', actor: null, session: false },
  ])
  await drive(`portal POST ${path}`, () => give(codeNow(key, 1)), [{ ...whole, actor: 'bob', session: true }])
  const api = createBrowser(app.portal)
  const post = (to: string, body: object): Promise<Page> =>
    api.post(`${BASE}/api/v2/auth/${to}`, { headers: AS_JSON, body: JSON.stringify(body) })
  await drive(`portal POST ${BASE}/api/v2/auth/login`, () => post('login', sent), [half])
  const failure = { result: 'failure', actor: null, session: false } as const
  await drive(`portal POST ${BASE}/api/v2/auth/second-factor`, () => post('second-factor', { code: '000000' }), [
    { ...whole, ...failure },
  ])
}

async function driveAdministration(app: TestApp, drive: Drive): Promise<void> {
  const by = { actor: 'alice', session: true } as const
  const browser = createBrowser(app.portal)
  await browser.signIn()
  const call = (method: 'POST' | 'DELETE', path: string, body: object | null): Promise<Page> =>
    browser.send(method, `${BASE}/api/v2${path}`, body === null ? {} : { headers: AS_JSON, body: JSON.stringify(body) })
  const route = (method: string, path: string): string => `portal ${method} ${BASE}/api/v2${path}`
  const link = await drive(
    route('POST', '/users/:login/reset-link'),
    () => call('POST', '/users/bob/reset-link', null),
    [{ type: 'password_reset_requested', ...by, resource: 'user:bob' }],
  )
  const [, token = ''] = /reset\/([^"]+)"/.exec(link.text) ?? []
  const csrf = hidden(await createBrowser(app.portal).get(`${BASE}/reset/${token}`), 'csrf')
  const body = { token, csrf, password: `${NEW_PASSWORD} and more` }
  await drive(
    `portal POST ${BASE}/reset/password`,
    () => createBrowser(app.portal).post(`${BASE}/reset/password`, { body }),
    [{ type: 'password_reset', actor: 'bob', resource: 'user:bob', session: false }],
  )
  await drive(route('POST', '/system/keys/:purpose/rotate'), () => call('POST', '/system/keys/audit/rotate', null), [
    { type: 'key_rotated', ...by, resource: 'key:audit' },
  ])
  await drive(route('DELETE', '/attempts'), () => call('DELETE', '/attempts?login=bob', null), [
    { type: 'attempts_cleared', ...by, resource: 'user:bob' },
  ])
  const invitation = { email: 'new@example.com', by_mail: false }
  const invited = await drive(route('POST', '/invitations'), () => call('POST', '/invitations', invitation), [
    { type: 'invitation_sent', ...by, resource: null },
  ])
  await drive(route('DELETE', '/invitations/:id'), () => call('DELETE', `/invitations/${idOf(invited)}`, null), [
    { type: 'invitation_revoked', ...by, resource: null },
  ])
  const own = { ...by, resource: 'user:alice' }
  const made = await drive(route('POST', '/tokens'), () => call('POST', '/tokens', { name: 'x', apps: ['app'] }), [
    { type: 'api_token_created', ...own },
  ])
  await drive(route('DELETE', '/tokens/:id'), () => call('DELETE', `/tokens/${idOf(made)}`, null), [
    { type: 'api_token_revoked', ...own },
  ])
}

async function driveRefusals(app: TestApp, drive: Drive): Promise<void> {
  await app.addUser('carol')
  const carol = await visit(app, 'carol', { password: Date.now() })
  const browser = createBrowser(app.portal)
  browser.jar.store(new URL(ORIGIN), [`__Host-postern=${carol.token}; Path=/; Secure; HttpOnly`])
  const refused = { result: 'failure', actor: 'carol', session: true } as const
  const path = `${BASE}/api/v2/users/:login/reset-link`
  const ask = (headers: Readonly<Record<string, string>> = {}): Promise<Page> =>
    browser.post(`${BASE}/api/v2/users/bob/reset-link`, { headers })
  await drive('', () => ask(), [{ type: 'permission_refused', ...refused, resource: `route:POST ${path}` }])
  // Once a minute and network; what is beyond is counted.
  await drive('', () => ask(), [])
  const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  await drive('', () => browser.post(`${BASE}/api/v2/tokens`, { headers: { ...AS_JSON, ...foreign }, body: '{}' }), [
    { type: 'cross_site_refused', ...refused, resource: `route:POST ${BASE}/api/v2/tokens` },
  ])
  const old = await visit(app, 'carol', { password: 0 })
  const stale = createBrowser(app.portal)
  stale.jar.store(new URL(ORIGIN), [`__Host-postern=${old.token}; Path=/; Secure; HttpOnly`])
  const wish = JSON.stringify({ name: 'x', apps: ['app'] })
  await drive('', () => stale.post(`${BASE}/api/v2/tokens`, { headers: AS_JSON, body: wish }), [
    { type: 'proof_refused', ...refused, resource: `route:POST ${BASE}/api/v2/tokens` },
  ])
}

function idOf({ text }: Page): string {
  return (JSON.parse(text) as { data: { id: string } }).data.id
}

function told({ event_type: type, result, actor_login: actor, resource, has_session: session }: WrittenEvent): object {
  // A sign-in that ends is named by its id, which is no one's business here.
  return { type, result, actor, resource: resource?.startsWith('session:') === true ? null : resource, session }
}

function wanted({ type, result = 'success', actor = null, resource = null, session = false }: Expected): object {
  return { type, result, actor, resource, session }
}

function assertKnown({ event_type: type, action, details }: WrittenEvent): void {
  const kind = EVENT_TYPES[type as EventType]
  const known: readonly string[] = [...kind.details, ...COMMON_DETAILS]
  assert.equal(action, kind.action)
  assert.deepEqual(
    Object.keys(details).filter((name) => !known.includes(name)),
    [],
    type,
  )
}
