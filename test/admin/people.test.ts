import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { networkFault } from '../../src/limits/attempt-report.ts'
import { statement } from '../../src/store/statement.ts'
import { getUser } from '../../src/users/users.ts'
import { createLanguages } from '../../src/words/languages.ts'
import { hidden } from '../login/browser.ts'
import type { Browser } from '../login/browser.ts'
import { suiteCleanup } from '../support/app.ts'
import { ADMIN, leadsTo, openPlace, postForm } from './people-place.ts'
import type { Place } from './people-of.ts'

const LIST_EVENTS = statement<[resource: string], { event_type: string; actor_login: string | null }>(
  'list_events_for_test',
  'select event_type, actor_login from auth.auth_audit_log where resource = $1 order by seq',
)
const MARKUP = '<img src=x onerror=alert(1)>'

suite('the console of people', () => {
  const t = suiteCleanup()
  let place: Place
  let root: Browser
  before(async () => {
    place = await openPlace(t)
    root = await place.signedIn('root')
  })

  const profile = (login: string, more: Readonly<Record<string, string>> = {}) => ({
    login,
    email: `${login}@example.com`,
    name: login,
    role: '',
    ...more,
  })

  test('each page is there, and says what it holds', async () => {
    for (const path of ['users', 'users/alice', 'new-user', 'invitations', 'roles', 'sessions', 'attempts', 'grants']) {
      const { status, text } = await root.get(`${ADMIN}/${path}`)
      assert.equal(status, 200, `${path}: ${text}`)
      assert.doesNotMatch(text, / style="|\son\w+="/, path)
    }
    assert.match((await root.get(`${ADMIN}/users?search=ali`)).text, /users\/alice"/)
    assert.doesNotMatch((await root.get(`${ADMIN}/users?search=ali`)).text, /users\/helen"/)
    assert.match((await root.get(`${ADMIN}/users?role=helpdesk`)).text, /users\/helen"/)
    assert.equal((await root.get(`${ADMIN}/users/nobody`)).status, 404)
  })

  test('somebody is made, given and taken roles, disabled, enabled and deleted, and all of it is written down', async () => {
    const made = await postForm(root, { from: 'new-user', to: 'new-user', fields: profile('carol') })
    assert.equal(leadsTo(made), 'users/carol?done=user_created')
    const on = (to: string, fields = {}) => postForm(root, { from: 'users/carol', to: `users/carol/${to}`, fields })
    assert.equal(leadsTo(await on('roles/give', { role: 'user' })), 'users/carol?done=role_given')
    assert.deepEqual((await getUser(place.app.database, 'carol')).roles, ['user'])
    assert.equal(leadsTo(await on('roles/take', { role: 'user' })), 'users/carol?done=role_taken')
    const { version } = await getUser(place.app.database, 'carol')
    assert.equal(
      leadsTo(await on('profile', { version, name: 'Carol C', email: 'c@example.com' })),
      'users/carol?done=user_saved',
    )
    const handed = await on('reset-link')
    assert.match(handed.text, /<code id="link">https:\/\/app\.example\.com\/\.postern\/reset\//)
    assert.doesNotMatch((await root.get(`${ADMIN}/users/carol`)).text, /\.postern\/reset\//)
    assert.equal(leadsTo(await on('disable')), 'users/carol?done=user_disabled')
    assert.equal(leadsTo(await on('enable')), 'users/carol?done=user_enabled')
    const wrong = await on('delete', { confirm: 'carl' })
    assert.deepEqual([wrong.status, wrong.text.includes('Type the login carol')], [400, true])
    assert.match(wrong.text, /value="carl"/)
    assert.equal(leadsTo(await on('delete', { confirm: 'carol' })), 'users?done=user_deleted')
    const events = await place.app.database.query(LIST_EVENTS, 'user:carol')
    assert.deepEqual(
      events.map((each) => each.event_type),
      [
        'user_created',
        'roles_changed',
        'roles_changed',
        'user_changed',
        'password_reset_requested',
        'user_disabled',
        'user_enabled',
        'user_deleted',
      ],
    )
    assert.deepEqual([...new Set(events.map((each) => each.actor_login))], ['root'])
  })

  test('what is wrong is said beside its field, and nothing typed is lost', async () => {
    const fields = profile('No Login', { email: 'alice@example.com', name: 'Zoë' })
    const bad = await postForm(root, { from: 'new-user', to: 'new-user', fields })
    assert.equal(bad.status, 400)
    assert.match(bad.text, /id="login-error"[^>]*>Use 1 to 64 characters/)
    assert.match(bad.text, /value="Zoë"/)
    const taken = await postForm(root, { from: 'new-user', to: 'new-user', fields: { ...fields, login: 'zoe' } })
    assert.match(taken.text, /id="email-error"[^>]*>Somebody has this address already/)
    const grant = { login: 'nobody', role: 'user', hours: '8', reason: 'on call' }
    const unknown = await postForm(root, { from: 'grants', to: 'grants', fields: grant })
    assert.match(unknown.text, /id="login-error"[^>]*>There is nobody with this login/)
    const roleless = await postForm(root, { from: 'grants', to: 'grants', fields: { ...grant, role: '' } })
    assert.match(roleless.text, /id="role-error"[^>]*>Choose a role/)
    const silent = await postForm(root, { from: 'grants', to: 'grants', fields: { ...grant, reason: ' ' } })
    assert.match(silent.text, /id="reason-error"[^>]*>Say why/)
    assert.match(silent.text, /value="nobody"/)
    const none = await postForm(root, { from: 'users/alice', to: 'users/alice/roles/give', fields: { role: '' } })
    assert.match(none.text, /id="role-error"[^>]*>Choose a role/)
    for (const page of ['users/alice', 'grants'])
      assert.match((await root.get(`${ADMIN}/${page}`)).text, /<option +value=""[^>]*>Choose …/)
  })

  test('of two who change a profile at once the second is told, and keeps what he typed', async () => {
    await place.app.addUser('twice')
    const page = await root.get(`${ADMIN}/users/twice`)
    const [csrf, version] = [hidden(page, 'csrf'), hidden(page, 'version')]
    const send = (name: string) =>
      root.post(`${ADMIN}/users/twice/profile`, { body: { csrf, version, name, email: 'twice@example.com' } })
    assert.equal((await send('First')).status, 303)
    const second = await send('Second')
    assert.equal(second.status, 412)
    assert.match(second.text, /value="Second"/)
    assert.equal((await getUser(place.app.database, 'twice')).name, 'First')
  })

  test('a role is granted for a while with a reason, and taken back', async () => {
    const fields = { login: 'alice', role: 'helpdesk', hours: '8', reason: `on call ${MARKUP}` }
    assert.equal(leadsTo(await postForm(root, { from: 'grants', to: 'grants', fields })), 'grants?done=granted')
    const { text } = await root.get(`${ADMIN}/grants?login=alice`)
    assert.match(text, /on call &#60;img/)
    const id = hidden({ ...(await root.get(`${ADMIN}/grants?login=alice`)) }, 'id')
    assert.match((await root.get(`${ADMIN}/users/alice`)).text, /granted until/)
    assert.equal(
      leadsTo(await postForm(root, { from: 'grants', to: 'grants/revoke', fields: { id } })),
      'grants?done=grant_revoked',
    )
    assert.deepEqual((await getUser(place.app.database, 'alice')).held_roles, ['user'])
    assert.equal((await postForm(root, { from: 'grants', to: 'grants/revoke', fields: { id } })).status, 404)
  })

  test('a sign-in is seen and ended, one alone and all of somebody', async () => {
    await place.app.addUser('sam')
    const [one, two] = [await place.signedIn('sam'), await place.signedIn('sam')]
    const list = await root.get(`${ADMIN}/sessions?login=sam`)
    const id = hidden(list, 'id')
    const ended = await postForm(root, { to: 'sessions/end', fields: { id, login: 'sam', network: '' } })
    assert.equal(leadsTo(ended), 'sessions?login=sam&done=session_ended')
    const statuses = async () => [
      (await one.get('/.postern/account')).status,
      (await two.get('/.postern/account')).status,
    ]
    assert.deepEqual(
      (await statuses()).toSorted((a, b) => a - b),
      [200, 302],
    )
    const all = await postForm(root, { to: 'sessions/end-all', fields: { login: 'sam' } })
    assert.equal(leadsTo(all), 'sessions?login=sam&done=sessions_ended')
    assert.deepEqual(await statuses(), [302, 302])
    assert.equal((await root.get(`${ADMIN}/sessions?network=nonsense`)).status, 400)
  })

  test('CSRF-12: a link from elsewhere fills in no form', async (t) => {
    const { signedIn } = await openPlace(t)
    const root = await signedIn('root')
    const links = [
      'new-user?login=eve1&email=eve1@evil.example&name=eve1&role=postern-admin',
      'invitations?email=eve1@evil.example&role=postern-admin',
      'grants?login=eve1&role=postern-admin&hours=24&reason=eve1&done=proven',
      'users/alice?email=eve1@evil.example&name=eve1&done=proven',
    ]
    const from = async (link: string, site: string): Promise<string> =>
      (await root.get(`${ADMIN}/${link}`, { headers: { 'sec-fetch-site': site } })).text
    for (const link of links) {
      assert.match(await from(link, 'same-origin'), /value="eve1/, link)
      // A list may be narrowed down by a link, which names the login beside it.
      for (const site of ['cross-site', 'same-site', 'none'])
        assert.doesNotMatch(
          await from(link, site),
          /evil|name="reason"[^>]*eve1|selected[^>]*>\s*postern-admin.*eve1/,
          link,
        )
    }
  })

  test('CSRF-11: markup in names, reasons and user agents is text', async () => {
    await place.app.addUser('mark', { name: MARKUP })
    const browser = await place.signedIn('mark')
    await browser.signIn({ username: 'mark' }, { headers: { 'user-agent': MARKUP } })
    for (const path of ['users?search=mark', 'users/mark', 'sessions?login=mark']) {
      const { text } = await root.get(`${ADMIN}/${path}`)
      assert.ok(!text.includes('<img src=x'), path)
      assert.ok(text.includes('&#60;img src=x'), path)
    }
  })
})

test('what a form is refused for is said in German where the reader wants it', () => {
  const german = createLanguages('en').choose('de', undefined)
  const said = [
    'Choose a time from now on, and at most 30 days ahead.',
    'Say why, in 1 to 500 characters without line breaks.',
    networkFault('nonsense') ?? '',
    'The policy defines no role x. See its roles: postern policy export.',
    'The policy defines no role x.',
    'This person has the role for good already.',
    'There are 50 grants already. Revoke one.',
    'There is nobody with this login.',
    'Choose a role.',
    'Type the login alice to delete the account.',
  ]
  for (const sentence of said) assert.notEqual(german.retell(sentence), sentence)
  assert.equal(german.retell('The policy defines no role x.'), 'Die Richtlinie kennt die Rolle x nicht.')
})
