import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { findCredentials } from '../../src/users/users.ts'
import { suiteCleanup } from '../support/app.ts'
import { APP, hiddenField, openDomains, PORTAL } from '../login/traveller.ts'
import type { Domains, Stop, Traveller } from '../login/traveller.ts'

const LIST = `${PORTAL}/account/sessions`
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

suite('the list of own sign-ins', () => {
  const cleanup = suiteCleanup()
  let domains: Domains
  before(async () => {
    domains = await openDomains(cleanup)
    await domains.addUser('bob')
  })

  const signedIn = async (login = 'alice'): Promise<Traveller> => {
    const browser = domains.travel()
    await browser.signIn(`${APP}/`, login)
    return browser
  }

  test('is for who is signed in, and shows nobody else', async () => {
    const stranger = await domains.travel().open(LIST)
    assert.deepEqual([stranger.status, stranger.headers['location']], [302, '/login'])
    const posted = await domains.travel().post(LIST, { csrf: '', end: 'others' })
    assert.equal(posted.status, 401)
    const [alice, bob] = [await signedIn(), await signedIn('bob')]
    const [bobs] = await domains.context.sessions.list('bob', 9)
    const list = await alice.open(LIST)
    assert.equal(list.status, 200)
    assert.doesNotMatch(list.text, new RegExp(bobs?.id ?? '.'))
    assert.equal((await bob.open(LIST)).text.match(/<section/g)?.length, 1)
  })

  test('tells device, network and times, this browser first', async (t) => {
    const own = await openDomains(t)
    const browser = own.travel()
    await browser.signIn(`${APP}/`)
    await startElsewhere(own, '2001:db8::7')
    const { text } = await browser.open(LIST)
    const [first = '', second = ''] = text.split('<section').slice(1)
    assert.match(first, /Unknown device · this browser/)
    assert.match(first, /<dd>127\.0\.0\.1<\/dd>/)
    assert.match(second, /Firefox on Linux/)
    assert.match(second, /<dd>2001:db8::7<\/dd>/)
    assert.match(second, /<time datetime="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z">[^<]+<\/time>/)
    assert.equal(idsOf({ text: first }).length, 0)
  })

  test('a user agent is text, whatever it says', async (t) => {
    const own = await openDomains(t)
    const browser = own.travel()
    await browser.signIn(`${APP}/`)
    await startElsewhere(own, '192.0.2.1', '<img src=x onerror=alert(1)> Firefox/1')
    assert.doesNotMatch((await browser.open(LIST)).text, /<img src=x/)
  })

  test('ends one at once, on the apps too, and leaves the others', async () => {
    const [mine, other, third] = [await signedIn(), await signedIn(), await signedIn()]
    const victims = [other, third].map((browser) => `__Host-postern_app=${browser.cookie(APP, '__Host-postern_app')}`)
    for (const cookie of victims) assert.equal(await domains.verdict(`${APP}/`, cookie), 'user alice')
    const list = await mine.open(LIST)
    const [newest = ''] = idsOf(list)
    const ended = await mine.post(LIST, { csrf: hiddenField(list, 'csrf'), end: newest })
    assert.deepEqual([ended.status, ended.headers['location']], [303, '/account/sessions'])
    const verdicts = await Promise.all(victims.map((cookie) => domains.verdict(`${APP}/`, cookie)))
    assert.deepEqual(verdicts.sort(), ['302', 'user alice'])
    assert.equal((await mine.open(LIST)).status, 200)
  })

  test('SESS-05: ends all others, everywhere, but not the one that asks', async () => {
    const [mine, other, bob] = [await signedIn(), await signedIn(), await signedIn('bob')]
    const list = await mine.open(LIST)
    assert.equal((await mine.post(LIST, { csrf: hiddenField(list, 'csrf'), end: 'others' })).status, 303)
    assert.equal((await other.open(`${APP}/`)).user, null)
    assert.equal((await other.open(`${PORTAL}/`)).headers['location'], '/login')
    assert.equal((await mine.open(`${APP}/`)).user, 'alice')
    assert.equal((await bob.open(`${APP}/`)).user, 'bob')
    assert.equal((await mine.open(LIST)).text.match(/<section/g)?.length, 1)
  })

  test("ends nobody else's, nor what isn't on the list", async () => {
    const [alice, bob] = [await signedIn(), await signedIn('bob')]
    const csrf = hiddenField(await alice.open(LIST), 'csrf')
    const [bobs] = await domains.context.sessions.list('bob', 9)
    for (const end of [bobs?.id ?? '', '', 'x', "' or 1=1--", '00000000-0000-0000-0000-000000000000'])
      assert.equal((await alice.post(LIST, { csrf, end })).status, 303)
    assert.equal((await bob.open(`${APP}/`)).user, 'bob')
    assert.equal((await alice.open(`${APP}/`)).user, 'alice')
  })

  test('CSRF: takes only its own form, from this very sign-in and site', async () => {
    const [alice, other] = [await signedIn(), await signedIn()]
    const csrf = hiddenField(await alice.open(LIST), 'csrf')
    const foreign = hiddenField(await other.open(LIST), 'csrf')
    const signOut = hiddenField(await alice.open(`${PORTAL}/logout`), 'csrf')
    for (const wrong of ['', foreign, signOut]) {
      assert.equal((await alice.post(LIST, { csrf: wrong, end: 'others' })).status, 403)
    }
    for (const headers of [{ origin: APP }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }])
      assert.equal((await alice.post(LIST, { csrf, end: 'others' }, headers)).status, 403)
    for (const body of [{ csrf }, { csrf, end: 'others', x: '1' }])
      assert.equal((await alice.post(LIST, body)).status, 400)
    assert.equal((await other.open(`${APP}/`)).user, 'alice')
  })
})

/** A sign-in from another browser, without going through the pages. */
async function startElsewhere({ context }: Domains, address: string, userAgent = FIREFOX): Promise<void> {
  const { database, sessions } = context
  const person = await findCredentials(database, 'alice')
  assert.ok(person !== null)
  const signIn = { userId: person.id, sessionEpoch: person.session_epoch, factors: { password: 0 }, address, userAgent }
  await database.transaction((tx) => sessions.start(tx, signIn))
}

/** Ids of the sign-ins that the page offers to end. */
function idsOf({ text }: Pick<Stop, 'text'>): string[] {
  return [...text.matchAll(/name="end" value="([0-9a-f-]{36})"/g)].map(([, id = '']) => id)
}
