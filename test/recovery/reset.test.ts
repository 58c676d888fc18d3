import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { suite, test } from 'node:test'
import { mintToken } from '../../src/lib/tokens.ts'
import type { Context } from '../../src/parts/context.ts'
import { invite } from '../../src/recovery/invitations.ts'
import { makeResetLink } from '../../src/recovery/reset.ts'
import { statement } from '../../src/store/statement.ts'
import { sealBreakGlass } from '../../src/users/demands.ts'
import { disableUser, editUser, getUser, setMustChangePassword, setPassword } from '../../src/users/users.ts'
import { createBrowser, hidden, openPortal, withoutRandom } from '../login/browser.ts'
import type { Browser, Page } from '../login/browser.ts'
import { addAuthenticator } from '../login/own-factors.ts'
import type { TestAppOptions } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'
import { linkIn } from '../support/smtp.ts'
import { openPostOffice } from './post-office.ts'
import type { PostOffice } from './post-office.ts'

const RESET = '/.postern/reset'
const NEW_PASSWORD = 'a quite different pass phrase'
const EXPIRE = statement('expire', `update auth.one_time_tokens set expires_at = now()`)
const AGE = statement(
  'age',
  `update auth.one_time_tokens set created_at = created_at - interval '1 hour', expires_at = now()`,
)
const OPEN_SIGN_INS = statement<[], { open: number }>(
  'open_sign_ins',
  `select count(*)::int as open from auth.sessions where ended_at is null`,
)
const MAILS = statement<[], { kind: string; recipient: string | null }>(
  'mails',
  `select kind, recipient from auth.mail_outbox order by created_at`,
)
const USER_AGENTS = statement<[], { length: number }>(
  'user_agents',
  `select length(details ->> 'userAgent') as length from auth.mail_outbox`,
)
const EVENTS = statement<[], { event_type: string; result: string; actor_login: string | null }>(
  'events',
  `select event_type, result, actor_login from auth.auth_audit_log where event_type like 'password%' order by occurred_at`,
)

interface Desk extends PostOffice {
  readonly ask: (username: string, browser?: Browser) => Promise<Page>
  /** Path of a link that came by mail. */
  readonly mailed: (login?: string) => Promise<string>
}

suite('a forgotten password', () => {
  test('is set by a link from a mail: sessions end, nobody is signed in, a notice goes out', async (t) => {
    const { portal, database, server, deliver, mailed, token, context } = await open(t)
    const before = await token('alice')
    const link = await mailed()
    const browser = createBrowser(portal)
    const form = await browser.get(link)
    assert.match(form.text, /value="alice"/)
    const done = await setNew(browser, form)
    assert.equal(done.status, 200)
    assert.equal(await context.sessions.whoHas(before, null), null)
    assert.deepEqual(await database.query(OPEN_SIGN_INS), [{ open: 0 }])
    assert.match(done.text, /API tokens still work\.[^]* href="\/\.postern\/account\/api-tokens">/)
    assert.deepEqual(done.setCookie, [], 'RST-13: nobody is signed in by it')
    assert.equal((await browser.get('/.postern/account/sessions')).status, 302)
    assert.equal((await createBrowser(portal).signIn()).status, 401)
    assert.equal((await createBrowser(portal).signIn({ password: NEW_PASSWORD })).status, 303)
    await deliver()
    assert.match(server.mails.at(-1)?.subject ?? '', /^Your password was reset/)
    assert.match(server.mails.at(-1)?.text.replace(/\s+/g, ' ') ?? '', /API tokens still work: .* app\.example\.com/)
    const events = (await database.query(EVENTS)).map((row) => `${row.event_type} ${row.result} ${row.actor_login}`)
    assert.deepEqual(events, ['password_reset_requested success null', 'password_reset success alice'])
  })

  test('a break-glass account gets no link by mail nor by the API, nor an invitation, but one at a shell', async (t) => {
    const { portal, context, database, addUser, ask, server, deliver } = await open(t)
    await addUser('glass')
    await sealBreakGlass(database, (await getUser(database, 'glass')).id)
    const browser = createBrowser(portal)
    const texts = []
    for (const name of ['glass', 'glass@example.com', 'nobody'])
      texts.push(withoutRandom((await ask(name, browser)).text))
    assert.equal(new Set(texts).size, 1)
    await deliver()
    assert.deepEqual(server.mails, [])
    assert.equal((await database.query(MAILS)).length, 0, 'each was queued for nobody, and dropped')
    const root = { userId: (await getUser(database, 'alice')).id, login: 'alice' }
    await assert.rejects(makeResetLink(context.recovery, 'glass', root), { code: 'forbidden' })
    const invitation = { email: 'glass@example.com', roles: [], lifeMs: 1_000, by: root, byMail: true }
    await assert.rejects(invite(database, context.recovery.keys, invitation), /Somebody has this address/)
    const link = (await makeResetLink(context.recovery, 'glass', null)) ?? assert.fail('no link')
    assert.equal((await setNew(browser, await browser.get(new URL(link).pathname))).status, 200)
  })

  test('LOGIN-20: after it the owner signs in though a hundred wrong passwords stopped that', async (t) => {
    const { portal, database, context, mailed } = await open(t)
    const { id: userId } = await getUser(database, 'alice')
    const fail = async (factor: 'password' | 'totp', index: number): Promise<string> => {
      const attempt = { name: 'alice', userId, address: `10.0.${index}.1`, deviceHash: null, factor }
      return (await context.attempts.reserve(attempt)).kind
    }
    for (let index = 0; index < 100; index++) await Promise.all([fail('password', index), fail('totp', index)])
    assert.equal((await createBrowser(portal).signIn()).status, 429)
    const browser = createBrowser(portal)
    assert.equal((await setNew(browser, await browser.get(await mailed()))).status, 200)
    assert.equal((await createBrowser(portal).signIn({ password: NEW_PASSWORD })).status, 303)
    assert.equal(await fail('totp', 100), 'stopped')
  })

  test('a password is set though its stops can not be lifted', async (t) => {
    const clear = (): Promise<number> => Promise.reject(new Error('gone'))
    const { portal, mailed, logs } = await open(t, {
      overrides: ({ recovery }) => ({ recovery: { ...recovery, attempts: { clear } } }),
    })
    const browser = createBrowser(portal)
    assert.equal((await setNew(browser, await browser.get(await mailed()))).status, 200)
    assert.ok(logs().some(({ msg }) => String(msg).includes('user unlock')))
  })

  test('RST-01: known, unknown and disabled get the same answer, and a mail is queued alike', async (t) => {
    const { portal, database, addUser, ask } = await open(t)
    await addUser('carol', { disabled: true })
    const browser = createBrowser(portal)
    const answers = []
    for (const name of ['alice', 'nobody', 'carol', 'alice@example.com', 'nobody@example.com']) {
      const { status, headers, setCookie, text } = await ask(name, browser)
      const { date: _date, 'x-request-id': _id, ...others } = headers
      answers.push({ status, others, setCookie, text: withoutRandom(text) })
    }
    assert.equal(answers[0]?.status, 200)
    for (const answer of answers) assert.deepEqual(answer, answers[0])
    const queued = (await database.query(MAILS)).map(({ recipient }) => recipient)
    assert.deepEqual(queued, ['alice@example.com', null, null, 'alice@example.com', null])
  })

  test('RST-01: known, unknown and disabled take the same time', async (t) => {
    const { portal, database, addUser } = await open(t, { overrides: withoutLimits })
    await addUser('carol', { disabled: true })
    const browser = createBrowser(portal)
    const names = ['alice', 'nobody', 'carol']
    const times: Record<string, number[]> = { alice: [], nobody: [], carol: [] }
    for (let round = 0; round < 100; round++) {
      // Each comes first, second and third as often as the others.
      for (const name of [...names.slice(round % 3), ...names.slice(0, round % 3)]) {
        const csrf = hidden(await browser.get(RESET), 'csrf')
        const started = performance.now()
        const { status } = await browser.post(RESET, { body: { username: name, csrf }, headers: elsewhere() })
        times[name]?.push(performance.now() - started)
        assert.equal(status, 200)
      }
    }
    assert.equal((await database.query(MAILS)).length, 300, 'each request did its whole work')
    const medians = names.map((name) => median(times[name] ?? []))
    t.diagnostic(`medians of 100, ms: ${names.map((name, at) => `${name} ${medians[at]?.toFixed(2)}`).join(', ')}`)
    assert.ok(Math.max(...medians) - Math.min(...medians) < 5, String(medians))
  })

  test('RST-02, RST-04: what is no one address is refused, and mails go to the stored one alone', async (t) => {
    const { portal, database, server, ask, deliver } = await open(t)
    const browser = createBrowser(portal)
    const address = 'alice@example.com'
    const odd = [`${address},evil@evil.test`, `${address}\r\nBcc: evil@evil.test`, `${address}\n`, `${address}%0a`]
    for (const name of [...odd, 'alıce@example.com', '\u212aate@example.com', '', ' ', 'a b'])
      assert.equal((await ask(name, browser)).status, 400, name)
    const csrf = hidden(await browser.get(RESET), 'csrf')
    const asJson = { headers: { 'content-type': 'application/json' } }
    const list = JSON.stringify({ username: ['alice@example.com', 'evil@evil.test'], csrf })
    assert.equal((await browser.post(RESET, { ...asJson, body: list })).status, 400)
    const twice = `username=alice&username=evil%40evil.test&csrf=${csrf}`
    const asForm = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    assert.equal((await browser.post(RESET, { ...asForm, body: twice })).status, 400)
    await ask('alice@exampIe.com', browser)
    await ask('ALICE@Example.COM', browser)
    assert.ok((await database.query(MAILS)).every(({ recipient }) => [null, 'alice@example.com'].includes(recipient)))
    await deliver()
    assert.deepEqual(
      server.mails.map(({ to }) => to),
      [['alice@example.com']],
    )
  })

  test('RST-05, RST-08: a link that is used, expired, cut, of other letters or for something else is refused alike', async (t) => {
    const { portal, database, context, mailed } = await open(t)
    const browser = createBrowser(portal)
    const link = await mailed()
    const token = tokenOf(link)
    const form = await browser.get(link)
    const ring = context.keys.token
    const others = (['reset', 'invite', 'email', 'email_stop', 'portal'] as const).map((use) => mintToken(ring, use))
    for (const other of ['x', ...others, token.slice(0, -1), token.toLowerCase(), `${token}A`])
      await refused(browser, form, other)
    assert.equal((await setNew(browser, form)).status, 200)
    await refused(browser, form, token)
    const next = await mailed()
    const nextForm = await browser.get(next)
    await database.query(EXPIRE)
    await refused(browser, nextForm, tokenOf(next))
  })

  test("RST-08: another user's link sets that other user's password, whoever looks", async (t) => {
    const { portal, addUser, mailed } = await open(t)
    await addUser('bob')
    const link = await mailed('bob')
    const browser = createBrowser(portal)
    await browser.signIn()
    await setNew(browser, await browser.get(link))
    assert.equal((await createBrowser(portal).signIn({ password: NEW_PASSWORD })).status, 401)
    assert.equal((await createBrowser(portal).signIn({ username: 'bob', password: NEW_PASSWORD })).status, 303)
  })

  test('RST-07: each link that was sent works until one was used, which ends all', async (t) => {
    const { portal, mailed } = await open(t)
    const [first, second] = [await mailed(), await mailed()]
    const browser = createBrowser(portal)
    assert.equal((await browser.get(second)).status, 200)
    assert.equal((await setNew(browser, await browser.get(first))).status, 200)
    for (const link of [first, second]) assert.equal((await browser.get(link)).status, 410)
  })

  test("a stranger's request ends no link of an administrator, nor of somebody at a forced change", async (t) => {
    const { portal, database, context, mailed } = await open(t)
    const link = (await makeResetLink(context.recovery, 'alice', null)) ?? assert.fail('no link')
    await mailed()
    assert.equal((await createBrowser(portal).get(new URL(link).pathname)).status, 200)
    await setMustChangePassword(database, 'alice', true)
    const browser = createBrowser(portal)
    const { location = '' } = (await browser.signIn()).headers
    assert.match(location, /\/reset\/pr1/)
    const mail = await mailed()
    assert.equal((await browser.get(location)).status, 200)
    assert.notEqual(await makeResetLink(context.recovery, 'alice', null), null)
    assert.equal((await browser.get(mail)).status, 410, 'an administrator ends what was sent')
  })

  test('RST-10: the page tells nobody its address, loads nothing from elsewhere and posts the token in the body', async (t) => {
    const { portal, mailed } = await open(t)
    const link = await mailed()
    const { headers, text } = await createBrowser(portal).get(link)
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.equal(headers['cache-control'], 'no-store')
    assert.doesNotMatch(text, /(?:src|href|action)="(?![/?])/)
    assert.match(text, /action="\/\.postern\/reset\/password"/)
    const addresses = [...text.matchAll(/(?:src|href|action)="([^"]*)"/g)].map(([, address]) => address ?? '')
    assert.ok(addresses.every((address) => !address.includes(tokenOf(link))))
  })

  test('RST-11: second factors stay, and are asked for at the next sign-in', async (t) => {
    const desk = await open(t)
    const { code } = await addAuthenticator(desk, 'alice')
    const browser = createBrowser(desk.portal)
    await setNew(browser, await browser.get(await desk.mailed()))
    const asked = await browser.signIn({ password: NEW_PASSWORD })
    assert.match(asked.headers['location'] ?? '', /\/login\/second-factor/)
    assert.equal((await browser.get('/.postern/account/sessions')).status, 302, 'the password alone opens nothing')
    const page = await browser.get('/.postern/login/second-factor')
    const body = { csrf: hidden(page, 'csrf'), factor: 'totp', code: code() }
    assert.equal((await browser.post('/.postern/login/second-factor', { body })).status, 303)
    assert.equal((await browser.get('/.postern/account/sessions')).status, 200)
  })

  test('RST-14: a link dies with the password, the address or the account that it was made beside', async (t) => {
    const { portal, database, context, mailed } = await open(t)
    const changes = [
      () => editUser(database, 'alice', { email: 'other@example.com' }),
      async () => setPassword(database, 'alice', await context.passwords.hash('yet another pass phrase')),
      () => disableUser(database, 'alice'),
    ]
    for (const change of changes) {
      const link = await mailed()
      const browser = createBrowser(portal)
      const form = await browser.get(link)
      assert.equal(form.status, 200)
      await change()
      await refused(browser, form, tokenOf(link))
    }
  })

  test('RST-16: no step can be skipped, and no other field counts', async (t) => {
    const { portal, mailed } = await open(t)
    const browser = createBrowser(portal)
    const form = await browser.get(await mailed())
    const [token, csrf] = [hidden(form, 'token'), hidden(form, 'csrf')]
    const password = NEW_PASSWORD
    const bodies = [
      {},
      { password },
      { password, csrf },
      { password, token },
      { password, token, csrf, username: 'alice' },
    ]
    for (const body of bodies) assert.equal((await browser.post(`${RESET}/password`, { body })).status, 400)
    for (const body of [
      { password, token: '', csrf },
      { password, token, csrf: 'x' },
    ])
      assert.equal((await browser.post(`${RESET}/password`, { body })).status, 410)
    assert.equal((await createBrowser(portal).signIn()).status, 303)
  })

  test('CSRF-01, CSRF-02: forms from elsewhere and without their token change nothing', async (t) => {
    const { portal, database, mailed, ask } = await open(t)
    const browser = createBrowser(portal)
    const form = await browser.get(await mailed())
    const fields = { password: NEW_PASSWORD, token: hidden(form, 'token'), csrf: hidden(form, 'csrf') }
    for (const headers of [
      { origin: 'https://evil.test' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ])
      assert.equal((await browser.post(`${RESET}/password`, { body: fields, headers })).status, 403)
    const csrf = hidden(await browser.get(RESET), 'csrf')
    const body = { username: 'alice', csrf }
    for (const headers of [{ origin: 'https://evil.test' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }])
      assert.equal((await browser.post(RESET, { body, headers })).status, 403)
    assert.equal((await createBrowser(portal).post(RESET, { body })).status, 403)
    assert.equal((await database.query(MAILS)).length, 1)
    const ownOrigin = { body: fields, headers: { origin: 'null' } }
    assert.equal(
      (await browser.post(`${RESET}/password`, ownOrigin)).status,
      200,
      'as browsers send it without referrer',
    )
    assert.equal((await ask('alice')).status, 200)
  })

  test('no more than 512 characters of what a browser calls itself are kept', async (t) => {
    const { portal, database } = await open(t)
    const browser = createBrowser(portal)
    const body = { username: 'alice', csrf: hidden(await browser.get(RESET), 'csrf') }
    await browser.post(RESET, { body, headers: { 'user-agent': 'x'.repeat(60_000) } })
    assert.deepEqual(await database.query(USER_AGENTS), [{ length: 512 }])
  })

  test('a password that is refused uses nothing up', async (t) => {
    const { portal, mailed } = await open(t)
    const browser = createBrowser(portal)
    const form = await browser.get(await mailed())
    const again = await setNew(browser, form, 'short')
    assert.equal(again.status, 400)
    assert.match(again.text, /id="password-error"/)
    assert.equal((await setNew(browser, again)).status, 200)
  })

  test('of 32 at once, one sets the password', async (t) => {
    const { portal, mailed } = await open(t)
    const link = await mailed()
    const browsers = Array.from({ length: 32 }, () => createBrowser(portal))
    const forms = await Promise.all(browsers.map((browser) => browser.get(link)))
    const tries = browsers.map((browser, at) => setNew(browser, forms[at] ?? assert.fail(), `pass phrase number ${at}`))
    const statuses = (await Promise.all(tries)).map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 200).length, 1, String(statuses))
    assert.ok(
      statuses.every((status) => [200, 410].includes(status)),
      String(statuses),
    )
  })

  test('of 32 links that are made at once, one works', async (t) => {
    const { portal, context } = await open(t)
    const links = await Promise.all(Array.from({ length: 32 }, () => makeResetLink(context.recovery, 'alice', null)))
    const paths = links.map((link) => new URL(link ?? '').pathname)
    const statuses = await Promise.all(paths.map(async (path) => (await createBrowser(portal).get(path)).status))
    assert.equal(statuses.filter((status) => status === 200).length, 1)
  })

  test('nobody is sent more than five mails an hour, and their links still work', async (t) => {
    const { portal, database, server, ask, deliver } = await open(t, { overrides: withoutLimits })
    for (let count = 0; count < 8; count++) await ask('alice')
    await deliver()
    assert.equal(server.mails.length, 5)
    for (const mail of server.mails) assert.equal((await createBrowser(portal).get(linkIn(mail).pathname)).status, 200)
    await database.query(EXPIRE)
    await ask('alice')
    await deliver()
    const works = server.mails.map(async (mail) => (await createBrowser(portal).get(linkIn(mail).pathname)).status)
    assert.deepEqual(await Promise.all(works), [410, 410, 410, 410, 200], 'asked for again, the last one goes on')
    await database.query(AGE)
    await ask('alice')
    await deliver()
    const last = linkIn(server.mails.at(-1) ?? assert.fail())
    assert.equal(server.mails.length, 5)
    assert.equal((await createBrowser(portal).get(last.pathname)).status, 410, 'for an hour and a half at the most')
  })

  test('is not offered without a mail server, while a link of an administrator works', async (t) => {
    const app = await openPortal(t)
    await app.addUser('alice')
    const browser = createBrowser(app.portal)
    assert.equal((await browser.get(RESET)).status, 404)
    assert.doesNotMatch((await browser.get('/.postern/login')).text, /Forgot/)
    const link = (await makeResetLink(app.context.recovery, 'alice', null)) ?? assert.fail('no link')
    assert.match(link, /^https:\/\/app\.example\.com\/\.postern\/reset\/pr1/)
    assert.equal((await setNew(browser, await browser.get(new URL(link).pathname))).status, 200)
  })
})

async function open(t: Cleanup, options: TestAppOptions = {}): Promise<Desk> {
  const office = await openPostOffice(t, options)
  const ask = async (username: string, browser = createBrowser(office.portal)): Promise<Page> => {
    const csrf = hidden(await browser.get(RESET), 'csrf')
    return browser.post(RESET, { body: { username, csrf }, headers: elsewhere() })
  }
  const mailed = async (login = 'alice'): Promise<string> => {
    await ask(login)
    await office.deliver()
    return office.linkTo((await getUser(office.database, login)).email)
  }
  return { ...office, ask, mailed }
}

/** Without the limit that keeps most requests for one account from doing anything. */
function withoutLimits({ recovery }: Context): Partial<Context> {
  return { recovery: { ...recovery, rateLimits: null } }
}

function setNew(browser: Browser, form: Page, password = NEW_PASSWORD): Promise<Page> {
  const body = { password, token: hidden(form, 'token'), csrf: hidden(form, 'csrf') }
  return browser.post(`${RESET}/password`, { body, headers: elsewhere() })
}

async function refused(browser: Browser, form: Page, token: string): Promise<void> {
  assert.equal((await browser.get(`${RESET}/${token}`)).status, 410, token)
  const body = { password: NEW_PASSWORD, token, csrf: hidden(form, 'csrf') }
  assert.equal((await browser.post(`${RESET}/password`, { body })).status, 410, token)
}

/** A network of its own, since those of one may not ask so often. */
function elsewhere(): { 'x-forwarded-for': string } {
  return { 'x-forwarded-for': `198.18.${randomInt(256)}.${randomInt(256)}` }
}

function tokenOf(link: string): string {
  return link.slice(link.lastIndexOf('/') + 1)
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}
