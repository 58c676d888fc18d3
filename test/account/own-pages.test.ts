import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { EVENT_TYPES, recordEvent } from '../../src/audit/events.ts'
import { statement } from '../../src/store/statement.ts'
import { getUser } from '../../src/users/users.ts'
import { eventWords } from '../../src/words/event-words.ts'
import { createLanguages } from '../../src/words/languages.ts'
import { createBrowser, hidden, openPortal } from '../login/browser.ts'
import type { Browser } from '../login/browser.ts'
import type { TestApp, TestAppOptions } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'

const PROFILE = '/.postern/account'
const ACTIVITY = '/.postern/account/activity'
const NOT_ME = '/.postern/account/not-me'
const LANGUAGE = '/.postern/account/language'
const GERMAN = { headers: { 'accept-language': 'de' } }

const LANGUAGE_OF = statement<[login: string], { language: string | null }>(
  'language_of',
  'select language from auth.users where login = $1',
)
const GRANT = statement<[login: string]>(
  'grant_for_test',
  `insert into auth.grants (user_id, role_name, reason, granted_by, ends_at)
   select id, 'team', 'holidays', 'root', '2999-01-01T12:00:00Z' from auth.users where login = $1`,
)
const AGE = statement<[id: string]>(
  'old_event_for_test',
  `insert into auth.auth_audit_log (occurred_at, event_type, result, actor_id)
   values (now() - interval '91 days', 'factor_added', 'success', $1)`,
)
const FIELDS_OF = statement<[], { fields: string | null; login: string }>(
  'changed_fields',
  `select details ->> 'fields' as fields, actor_login as login from auth.auth_audit_log
   where event_type = 'user_changed' order by seq`,
)

suite('one’s own profile', () => {
  test('tells who one is and what one may do, until when', async (t) => {
    const { browser, database } = await open(t, { roles: ['user', 'admin'] })
    await database.query(GRANT, 'alice')
    const { text } = await browser.get(PROFILE)
    for (const shown of ['<dd>alice</dd>', 'alice@example.com', 'not confirmed', 'api:read, api:write'])
      assert.ok(text.includes(shown), shown)
    assert.match(text, /<dt>team<\/dt>\s*<dd><strong>until <time datetime="2999-01-01T12:00:00\.000Z"/)
    assert.match((await browser.get(PROFILE, GERMAN)).text, /Was Sie dürfen/)
  })

  test('takes another name at once, and writes that down', async (t) => {
    const { browser, database, context } = await open(t)
    const { status, headers } = await send(browser, PROFILE, { name: '  Ålice <b> ' })
    assert.deepEqual([status, headers['location']], [303, `${PROFILE}?done=name`])
    assert.match((await browser.get(`${PROFILE}?done=name`)).text, /Your name is changed\..*value="Ålice &#60;b&#62;"/s)
    assert.equal((await getUser(database, 'alice')).name, 'Ålice <b>')
    const token =
      browser.jar.header(new URL('https://app.example.com/')).split('__Host-postern=')[1]?.split(';')[0] ?? ''
    const visit = { clientAddress: '127.0.0.1', userAgent: '' }
    assert.equal((await context.sessions.whoHas(token, null, visit))?.name, 'Ålice <b>')
    assert.deepEqual(await database.query(FIELDS_OF), [{ fields: '["name"]', login: 'alice' }])
  })

  test('refuses a name that nobody can read, and loses nothing of it', async (t) => {
    const { browser, database } = await open(t)
    const { name } = await getUser(database, 'alice')
    for (const bad of [' ', 'x'.repeat(201), 'a\u202eb', 'a\nb']) {
      const { status, text } = await send(browser, PROFILE, { name: bad })
      assert.equal(status, 400)
      assert.match(text, /aria-invalid="true"/)
    }
    assert.equal((await getUser(database, 'alice')).name, name)
  })
})

suite('one’s own language', () => {
  test('is that of all pages from then on, kept with the account and in the browser', async (t) => {
    const { browser, database } = await open(t)
    assert.match((await browser.get(LANGUAGE)).text, /<html lang="en">/)
    const { setCookie } = await send(browser, LANGUAGE, { language: 'de' })
    assert.match(
      setCookie.join(),
      /__Host-postern_language=de; Max-Age=34560000; Path=\/; HttpOnly; Secure; SameSite=Lax/,
    )
    assert.match((await browser.get(PROFILE)).text, /<html lang="de">/)
    assert.equal((await database.query(LANGUAGE_OF, 'alice'))[0]?.language, 'de')
    assert.match((await browser.get(LANGUAGE)).text, /<option {1,2}value="de" lang="de" selected>Deutsch<\/option>/)
    await send(browser, LANGUAGE, { language: '' })
    assert.match((await browser.get(PROFILE)).text, /<html lang="en">/)
    assert.equal((await database.query(LANGUAGE_OF, 'alice'))[0]?.language, null)
    assert.deepEqual(
      (await database.query(FIELDS_OF)).map(({ fields }) => fields),
      ['["language"]', '["language"]'],
    )
  })

  test('is one of those that are there', async (t) => {
    const { browser, database } = await open(t)
    for (const language of ['xx', 'DE', 'de; Path=/x', '../de'])
      assert.equal((await send(browser, LANGUAGE, { language })).status, 400)
    assert.equal((await database.query(LANGUAGE_OF, 'alice'))[0]?.language, null)
  })
})

suite('one’s own activity', () => {
  test('tells what one did and what was done to one, and where others were of nobody', async (t) => {
    const { browser, database, userId } = await open(t)
    const other = { userId: '2f1c0000-0000-4000-8000-000000000009', login: 'root' }
    const write = (event: Parameters<typeof recordEvent>[1]): Promise<void> => recordEvent(database, event)
    await write({
      type: 'roles_changed',
      result: 'success',
      actor: other,
      resource: 'user:alice',
      address: '198.51.100.9',
    })
    await write({
      type: 'sign_in',
      result: 'failure',
      actor: null,
      resource: 'user:alice',
      address: '203.0.113.66',
      details: { times: 12 },
    })
    await write({
      type: 'api_token_created',
      result: 'success',
      actor: { userId, login: 'alice' },
      resource: 'user:alice',
      address: '192.0.2.44',
      userAgent: 'Firefox/140.0 <b>',
    })
    await write({
      type: 'factor_added',
      result: 'success',
      actor: other,
      resource: 'user:root',
      address: '198.51.100.9',
    })
    await database.query(AGE, userId)
    const { text } = await browser.get(ACTIVITY)
    for (const shown of [
      'Roles were changed',
      'by an administrator',
      '203.0.113.66',
      '(12 times)',
      '192.0.2.44',
      'An API token was made',
    ])
      assert.ok(text.includes(shown), shown)
    for (const hidden of ['198.51.100.9', 'A second factor was added', '<b>']) assert.ok(!text.includes(hidden), hidden)
    assert.equal(text.split('An API token was made').length, 2, 'once')
    assert.match((await browser.get(ACTIVITY, GERMAN)).text, /Rollen wurden geändert/)
  })

  test('goes back page by page without losing or repeating one', async (t) => {
    const { browser, database, userId } = await open(t)
    for (let at = 0; at < 120; at++)
      await recordEvent(database, {
        type: 'device_forgotten',
        result: 'success',
        ...(at % 3 === 0 ? { actor: null, resource: 'user:alice' } : { actor: { userId, login: 'alice' } }),
        address: `192.0.2.${at}`,
      })
    const seen: string[] = []
    for (let href: string | undefined = ACTIVITY; href !== undefined;) {
      const { status, text } = await browser.get(href)
      assert.equal(status, 200)
      seen.push(...[...text.matchAll(/192\.0\.2\.\d+/g)].map(([address]) => address))
      href = /href="([^"]+)">Older</.exec(text)?.[1]?.replaceAll('&#38;', '&')
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 120 }, (_, at) => `192.0.2.${119 - at}`),
    )
    for (const odd of [
      'x',
      '2026-99-99T00:00:00.000000Z_1',
      "'; select 1",
      '2026-01-01T00:00:00.000000Z_99999999999999999999',
    ])
      assert.equal((await browser.get(`${ACTIVITY}?before=${encodeURIComponent(odd)}`)).status, 200, odd)
  })

  test('leads whoever did not do something to a new password, with all other sign-ins ended', async (t) => {
    const { browser, portal, token } = await open(t)
    await token('alice')
    const thief = createBrowser(portal)
    await thief.signIn()
    assert.match((await browser.get(ACTIVITY)).text, /href="\/\.postern\/account\/not-me"/)
    const { status, headers } = await send(browser, NOT_ME, {})
    assert.deepEqual([status, headers['location']], [303, '/.postern/account/password'])
    assert.equal((await thief.get(PROFILE)).status, 302)
    assert.equal((await browser.get(PROFILE)).status, 200)
    assert.match((await browser.get(ACTIVITY)).text, /Sign-ins were ended/)
  })

  test('has words for every event, in every language', () => {
    for (const words of createLanguages('en').all)
      for (const type of Object.keys(EVENT_TYPES))
        assert.ok(!eventWords(words, type).includes(type), `event.${type} lacks in src/words/${words.tag}/events.ts`)
    assert.equal(eventWords(createLanguages('en').choose('en', ''), 'new_thing'), 'Another event (new_thing)')
  })
})

suite('the forms of one’s own pages', () => {
  for (const [path, fields] of [
    [PROFILE, { name: 'Mallory' }],
    [LANGUAGE, { language: 'de' }],
    [NOT_ME, {}],
  ] as const)
    test(`CSRF-1: ${path} takes no form but its own, from its own page and visitor`, async (t) => {
      const app = await open(t)
      const { browser, portal, addUser } = app
      await addUser('bob')
      const bob = createBrowser(portal)
      await bob.signIn({ username: 'bob' })
      const [own, bobs] = [hidden(await browser.get(path), 'csrf'), hidden(await bob.get(path), 'csrf')]
      const other = hidden(await browser.get(path === PROFILE ? LANGUAGE : PROFILE), 'csrf')
      for (const csrf of ['', 'x', bobs, other])
        assert.equal((await browser.post(path, { body: { csrf, ...fields } })).status, 403)
      const evil = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }
      assert.equal((await browser.post(path, { body: { csrf: own, ...fields }, headers: evil })).status, 403)
      assert.equal((await createBrowser(portal).post(path, { body: { csrf: own, ...fields } })).status, 401)
      assert.equal((await browser.post(path, { body: { csrf: own, ...fields } })).status, 303)
    })
})

interface Own extends TestApp {
  readonly browser: Browser
  readonly userId: string
}

async function open(
  t: Cleanup,
  { roles = [] }: { roles?: readonly string[] } = {},
  options: TestAppOptions = {},
): Promise<Own> {
  const app = await openPortal(t, options)
  await app.addUser('alice', { roles })
  const browser = createBrowser(app.portal)
  await browser.signIn()
  return { ...app, browser, userId: (await getUser(app.database, 'alice')).id }
}

async function send(browser: Browser, path: string, fields: Readonly<Record<string, string>>) {
  const csrf = hidden(await browser.get(path), 'csrf')
  return browser.post(path, { body: { csrf, ...fields } })
}
