import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { statement } from '../../src/store/statement.ts'
import { APP, hiddenField, openDomains, PORTAL } from '../login/traveller.ts'
import type { Domains, Stop, Traveller } from '../login/traveller.ts'
import { PASSWORD } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'

const PAGE = `${PORTAL}/account/password`
const NEXT = 'three quiet herons by the lake'
const READ_EVENTS = statement<[], { result: string; actor_login: string }>(
  'read_events',
  `select result, actor_login from auth.auth_audit_log where event_type = 'password_changed' order by occurred_at`,
)
const READ_MAILS = statement<[], { kind: string }>('read_mails', `select kind from auth.mail_outbox`)

suite("the page of one's own password", () => {
  test('is for who is signed in, and never holds a password', async (t) => {
    const { domains, alice } = await open(t)
    assert.equal((await domains.travel().open(PAGE)).headers['location'], '/login')
    assert.equal((await domains.travel().post(PAGE, { csrf: '', current: PASSWORD, password: NEXT })).status, 401)
    const page = await alice.open(PAGE)
    assert.equal(page.status, 200)
    assert.match(page.text, /autocomplete="new-password"/)
    assert.match(page.headers['content-security-policy'] ?? '', /script-src 'self'/)
    const refused = await change(alice, PASSWORD, 'short')
    assert.equal(refused.status, 400)
    assert.match(refused.text, /Use at least 12 characters/)
    assert.ok(![PASSWORD, 'short"'].some((text) => refused.text.includes(text)))
  })

  test('PW-04: changes it by the current one alone, ends all other sign-ins and renews this one', async (t) => {
    const { domains, alice } = await open(t)
    const other = domains.travel()
    await other.signIn(`${APP}/`)
    const [before, app] = [alice.cookie(PORTAL, '__Host-postern'), alice.cookie(APP, '__Host-postern_app')]
    assert.equal((await change(alice, '', NEXT)).status, 400)
    const wrong = await change(alice, 'not the current one', NEXT)
    assert.deepEqual([wrong.status, /not your current password/.test(wrong.text)], [400, true])
    const done = await change(alice, PASSWORD, NEXT)
    assert.deepEqual([done.status, /Your password is changed/.test(done.text)], [200, true])
    assert.match(done.text, /API tokens still work\.[^]* href="\/account\/api-tokens">/)
    assert.equal((await other.open(`${APP}/`)).user, null)
    assert.notEqual(alice.cookie(PORTAL, '__Host-postern'), before)
    assert.equal(await domains.verdict(`${APP}/`, `__Host-postern_app=${app}`), '302')
    assert.equal((await alice.open(`${APP}/`, 8)).user, 'alice')
    const whoHas = (token: string | null): Promise<unknown> => domains.context.sessions.whoHas(token ?? '', null)
    assert.equal(await whoHas(before), null)
    const old = await domains.travel().signIn(`${APP}/`)
    assert.equal(old.user, null)
    assert.equal((await domains.travel().signIn(`${APP}/`, 'alice', { password: NEXT })).user, 'alice')
  })

  test('writes what happened down, and tells its owner by mail', async (t) => {
    const { domains, alice } = await open(t)
    await change(alice, 'wrong', NEXT)
    await change(alice, PASSWORD, NEXT)
    assert.deepEqual(
      (await domains.database.query(READ_EVENTS)).map(({ result, actor_login: actor }) => [result, actor]),
      [
        ['failure', 'alice'],
        ['success', 'alice'],
      ],
    )
    const kinds = (await domains.database.query(READ_MAILS)).map(({ kind }) => kind)
    assert.ok(kinds.includes('password_changed'))
    const logged = JSON.stringify(domains.logs())
    assert.ok(![PASSWORD, NEXT].some((text) => logged.includes(text)))
  })

  test('LOGIN-22, PW-04: wrong current passwords are counted, and stop', async (t) => {
    const { alice } = await open(t)
    let stopped: Stop | null = null
    for (let count = 0; count < 15 && stopped === null; count++) {
      const answer = await change(alice, `wrong ${count}`, NEXT)
      if (answer.status === 429) stopped = answer
    }
    assert.ok(stopped !== null)
    assert.match(stopped.headers['retry-after'] ?? '', /^\d+$/)
    assert.equal((await change(alice, PASSWORD, NEXT)).status, 429)
  })

  test('PW-02: a common one, one with the login or an app in it, and the last ones are refused', async (t) => {
    const { alice } = await open(t)
    const refused = [
      ['unbelievable', /guessed first/],
      ['this is alice herself', /Leave out the login/],
      ['over at the wiki again', /Leave out wiki/],
      [PASSWORD, /last 5 passwords/],
    ] as const
    for (const [password, sentence] of refused) assert.match((await change(alice, PASSWORD, password)).text, sentence)
    assert.equal((await change(alice, PASSWORD, NEXT)).status, 200)
    assert.match((await change(alice, NEXT, PASSWORD)).text, /last 5 passwords/)
  })

  test('CSRF-01: takes only its own form, from this very sign-in', async (t) => {
    const { domains, alice } = await open(t)
    const other = domains.travel()
    await other.signIn(`${APP}/`)
    const foreign = hiddenField(await other.open(PAGE), 'csrf')
    for (const csrf of ['', foreign])
      assert.equal((await alice.post(PAGE, { csrf, current: PASSWORD, password: NEXT })).status, 403)
    assert.equal((await change(alice, PASSWORD, NEXT)).status, 200)
  })

  test('says how strong a password is to its own form alone', async (t) => {
    const { domains, alice } = await open(t)
    const ask = async (password: string, csrf?: string): Promise<Stop> =>
      alice.post(`${PAGE}/strength`, { csrf: csrf ?? hiddenField(await alice.open(PAGE), 'csrf'), password })
    const scores = [await ask('unbelievable'), await ask(NEXT)].map(
      ({ text }) => (JSON.parse(text) as { data: { score: number } }).data.score,
    )
    assert.deepEqual(scores, [0, 4])
    assert.equal((await ask(NEXT, 'x')).status, 403)
    assert.equal((await ask('')).status, 400)
    assert.equal((await domains.travel().post(`${PAGE}/strength`, { csrf: '', password: NEXT })).status, 401)
  })
})

async function open(t: Cleanup): Promise<{ domains: Domains; alice: Traveller }> {
  const domains = await openDomains(t)
  const alice = domains.travel()
  await alice.signIn(`${APP}/`)
  return { domains, alice }
}

async function change(browser: Traveller, current: string, password: string): Promise<Stop> {
  return browser.post(PAGE, { csrf: hiddenField(await browser.open(PAGE), 'csrf'), current, password })
}
