import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { statement } from '../../src/store/statement.ts'
import { getUser } from '../../src/users/users.ts'
import { visit } from '../account/factor-visitor.ts'
import { createBrowser, hidden } from '../login/browser.ts'
import type { Browser } from '../login/browser.ts'
import { addAuthenticator } from '../login/own-factors.ts'
import { ORIGIN, suiteCleanup } from '../support/app.ts'
import { ADMIN, FORMS, openPlace, postForm } from './people-place.ts'
import type { Place } from './people-of.ts'

const COUNT_CHANGES = statement<[], { count: number }>(
  'count_changes_for_test',
  `select count(*)::int as count from auth.auth_audit_log
   where event_type not in ('sign_in', 'proof_refused', 'cross_site_refused', 'permission_refused')`,
)
const ID = '00000000-0000-4000-8000-000000000000'

suite('forms of the console of people', () => {
  const t = suiteCleanup()
  let place: Place
  let root: Browser
  let helen: Browser
  before(async () => {
    place = await openPlace(t)
    root = await place.signedIn('root')
    helen = await place.signedIn('helen')
    await addAuthenticator(place.app, 'root')
    root = await signedInWith(place, 'root', Date.now())
  })

  const pathOf = (path: string, login = 'alice'): string => `${ADMIN}/${path.replace(':login', login)}`
  const changes = async (): Promise<number> => (await place.app.database.query(COUNT_CHANGES))[0]?.count ?? -1
  const csrfOf = async (browser: Browser, from = 'sessions'): Promise<string> =>
    hidden(await browser.get(`${ADMIN}/${from}`), 'csrf')

  test('there are some, most of them after a fresh proof', () => {
    assert.ok(FORMS.length >= 20)
    assert.ok(FORMS.filter(({ needsProof }) => needsProof).length >= 13)
  })

  test('CSRF-01: none is taken without a token, with that of another sign-in or for another page', async () => {
    const others = await csrfOf(helen)
    assert.notEqual(others, '')
    const settings = hidden(await root.get('/.postern/account/language'), 'csrf')
    const before = await changes()
    for (const { path } of FORMS) {
      for (const csrf of [others, settings, 'x', '']) {
        const reply = await root.post(pathOf(path), { body: { ...fieldsOf(path), csrf } })
        assert.equal(reply.status, 403, `${path} ${csrf}`)
      }
      assert.equal((await root.post(pathOf(path), { body: fieldsOf(path) })).status, 400, path)
    }
    assert.equal(await changes(), before)
  })

  test('CSRF-02: none is taken from another site, whatever token it has', async () => {
    const csrf = await csrfOf(root)
    const before = await changes()
    const places = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: ORIGIN, 'sec-fetch-site': 'cross-site' },
      { origin: ORIGIN, 'sec-fetch-site': 'same-site' },
    ]
    for (const { path } of FORMS) {
      for (const headers of places) {
        const reply = await root.post(pathOf(path), { headers, body: { ...fieldsOf(path), csrf } })
        assert.equal(reply.status, 403, `${path} ${headers.origin}`)
      }
    }
    assert.equal(await changes(), before)
  })

  test('ADM-02: none takes a field that it does not have', async () => {
    const csrf = await csrfOf(root)
    const before = await changes()
    for (const { path } of FORMS) {
      for (const more of [{ password: 'x' }, { roles: 'postern-admin' }, { user_id: ID }, { epoch: '0' }]) {
        const reply = await root.post(pathOf(path), { body: { ...fieldsOf(path), csrf, ...more } })
        assert.equal(reply.status, 400, path)
      }
    }
    assert.equal(await changes(), before)
  })

  test('what is dangerous waits for a fresh proof, from which one comes back to the form as it was filled in', async () => {
    const stale = await signedInWith(place, 'helen', 0)
    const csrf = await csrfOf(stale)
    const before = await changes()
    for (const { path } of FORMS.filter(({ needsProof }) => needsProof)) {
      const reply = await stale.post(pathOf(path), { body: { ...fieldsOf(path), csrf } })
      assert.equal(reply.status, 303, `${path}: ${reply.text}`)
      assert.match(reply.headers['location'] ?? '', /^\/\.postern\/login\?rd=[^&]+&prove=again$/, path)
    }
    assert.equal(await changes(), before)
    const { text } = await stale.get(`${ADMIN}/grants?done=proven&login=alice&role=user&hours=24&reason=on+call`)
    assert.match(text, /name="reason"[^>]*value="on call"/)
    assert.match(text, /<option\s+value="24" selected>/)
  })

  test('ADM-04: nobody is offered, or done, what would reach somebody who holds more', async () => {
    const offered = await helen.get(`${ADMIN}/users/root`)
    assert.equal(offered.status, 200)
    assert.match(offered.text, /may do things with Postern that you may not/)
    assert.doesNotMatch(offered.text.slice(offered.text.indexOf('<main')), /<form/)
    assert.doesNotMatch((await helen.get(`${ADMIN}/sessions?login=root`)).text, /sessions\/end"/)
    const csrf = await csrfOf(helen, 'users/alice')
    const before = await changes()
    for (const { path } of FORMS.filter((form) => form.path.startsWith('users/:login/'))) {
      if (/sessions\/end$|tokens/.test(path)) continue
      const { version } = await getUser(place.app.database, 'root')
      const body = { ...fieldsOf(path, 'root'), csrf, ...(path.endsWith('profile') && { version }) }
      const reply = await helen.post(pathOf(path, 'root'), { body })
      assert.equal(reply.status, 403, `${path}: ${reply.text}`)
      assert.match(reply.text, /may do things with Postern that you may not/, path)
    }
    const rootSession = (await place.app.context.sessions.list('root', 1))[0]?.id ?? ''
    for (const to of ['sessions/end', 'users/alice/sessions/end']) {
      const fields = { id: rootSession, ...(to === 'sessions/end' && { login: '', network: '' }) }
      assert.equal((await postForm(helen, { to, fields })).status, 403, to)
    }
    const grant = { login: 'root', role: 'user', hours: '1', reason: 'why not' }
    assert.equal((await postForm(helen, { from: 'grants', to: 'grants', fields: grant })).status, 403)
    assert.equal((await postForm(helen, { to: 'attempts', fields: { login: 'root', network: '' } })).status, 403)
    assert.equal(await changes(), before)
  })

  test('ADM-04: nobody is offered, or gives, a role that lets do more than his own', async () => {
    const pages = {
      'new-user': 'new-user',
      'users/alice': 'users/alice/roles/give',
      grants: 'grants',
      invitations: 'invitations',
    }
    const before = await changes()
    for (const [from, to] of Object.entries(pages)) {
      const page = await helen.get(`${ADMIN}/${from}`)
      const forms = page.text.split('<form').filter((form) => form.includes('method="post"'))
      assert.ok(
        forms.some((form) => /<option +value="looker"/.test(form)),
        from,
      )
      assert.ok(!forms.some((form) => /<option +value="postern-admin"/.test(form)), from)
      const fields = { ...fieldsOf(to.replace('alice', ':login')), role: 'postern-admin' }
      const reply = await postForm(helen, { from, to, fields })
      assert.equal(reply.status, 403, `${to}: ${reply.text}`)
      assert.match(reply.text, /would let somebody do things/, to)
    }
    assert.equal(await changes(), before)
  })

  test('the last administrator stays, and the page says so', async () => {
    for (const [to, fields] of [
      ['disable', {}],
      ['delete', { confirm: 'root' }],
      ['roles/take', { role: 'postern-admin' }],
    ] as const) {
      const reply = await postForm(root, { from: 'users/root', to: `users/root/${to}`, fields })
      assert.equal(reply.status, 409, to)
      assert.match(reply.text, /role="alert">This is the last administrator/, to)
    }
  })

  test('whoever may look but not change is offered nothing, and whoever may change but not look sees nothing', async () => {
    const lou = await place.signedIn('lou')
    for (const path of ['users', 'users/alice', 'grants', 'sessions']) {
      const { status, text } = await lou.get(`${ADMIN}/${path}`)
      assert.equal(status, 200)
      assert.doesNotMatch(text, /method="post"|new-user|invitations"/, path)
    }
    const enno = await place.signedIn('enno')
    assert.equal((await enno.get(`${ADMIN}/users/alice`)).status, 403)
    const csrf = await csrfOf(enno, 'new-user')
    const reply = await enno.post(`${ADMIN}/users/alice/sessions/end`, { body: { csrf, id: ID } })
    assert.deepEqual([reply.status, reply.text.includes('alice@example.com')], [404, false])
    const list = await enno.post(`${ADMIN}/sessions/end`, { body: { csrf, id: ID, login: '', network: '' } })
    assert.deepEqual([list.status, list.text.includes('Sign-ins')], [404, false])
  })

  test('ADM-05: nobody sets a password for somebody else, but hands on a link that is shown once', async () => {
    for (const path of ['new-user', 'users/alice', 'invitations'])
      assert.doesNotMatch((await root.get(`${ADMIN}/${path}`)).text, /type="password"|name="password"/)
    const [one, two] = [await reset(), await reset()]
    assert.match(one, /\/\.postern\/reset\//)
    assert.notEqual(one, two)
    async function reset(): Promise<string> {
      const { text, headers } = await postForm(root, { from: 'users/alice', to: 'users/alice/reset-link' })
      assert.match(headers['cache-control'] ?? '', /no-store/)
      return /<code id="link">([^<]+)</.exec(text)?.[1] ?? ''
    }
  })

  test('ADM-07: what is no question of a list is refused', async () => {
    const odd = ['%00', '%0a', 'x'.repeat(600)]
    const asked = [
      ...odd.flatMap((text) => [
        `users?search=${text}`,
        `users?after=${text}`,
        `sessions?login=${text}`,
        `grants?login=${text}`,
      ]),
      'users?state=any',
      'grants?holds=yes',
      'sessions?after=x',
      'grants?after=%27%3B--',
      'sessions?network=%27',
      'attempts?network=999.1.1.1/99',
    ]
    for (const path of asked) assert.equal((await root.get(`${ADMIN}/${path}`)).status, 400, path)
    for (const login of ['%00', '..%2f..', '%25', 'x%0ay'])
      assert.ok([404, 400].includes((await root.get(`${ADMIN}/users/${login}`)).status), login)
  })

  test('ADM-08: what is looked for is taken as it is', async () => {
    for (const text of ['%25', '_', '%5C', '.*', "'", '<b>']) {
      const { status, text: page } = await root.get(`${ADMIN}/users?search=${text}`)
      assert.deepEqual([status, page.includes('Nobody fits')], [200, true], text)
    }
  })
})

/** What a form needs to be whole, with nothing in it that is there but the person. */
function fieldsOf(path: string, login = 'alice'): Record<string, string> {
  if (path === 'attempts') return { login, network: '' }
  if (path === 'grants') return { login, role: 'user', hours: '1', reason: 'a test' }
  if (path === 'invitations') return { email: 'new@example.com', role: '' }
  if (path === 'new-user') return { login: 'new', email: 'new@example.com', name: '', role: '' }
  if (path === 'sessions/end') return { id: ID, login: '', network: '' }
  if (path === 'sessions/end-all') return { login }
  if (path.endsWith('/profile')) return { version: '1', name: 'Other', email: 'other@example.com' }
  if (path.includes('/roles/')) return { role: 'user' }
  if (path.endsWith('/delete')) return { confirm: login }
  return /\/(?:end|revoke)$/.test(path) ? { id: ID } : {}
}

/** A browser whose sign-in was proven then, with a password and, where there is one, by a second factor. */
async function signedInWith({ app }: Place, login: string, provenAt: number): Promise<Browser> {
  const { token } = await visit(app, login, { password: provenAt, totp: provenAt })
  const browser = createBrowser(app.portal)
  browser.jar.store(new URL(ORIGIN), [`__Host-postern=${token}; Path=/; Secure; HttpOnly`])
  return browser
}
