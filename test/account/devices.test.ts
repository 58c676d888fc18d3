import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { statement } from '../../src/store/statement.ts'
import { suiteCleanup } from '../support/app.ts'
import { APP, hiddenField, openDomains, PORTAL } from '../login/traveller.ts'
import type { Domains, Stop, Traveller } from '../login/traveller.ts'

const LIST = `${PORTAL}/account/sessions`
const COOKIE = '__Host-postern_device'
const EVENTS = statement<[type: string], { actor_login: string }>(
  'events',
  `select actor_login from auth.auth_audit_log where event_type = $1`,
)

suite('the list of known devices', () => {
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

  test('a sign-in makes its device known, once, and marks the one that looks', async () => {
    const browser = await signedIn('bob')
    const token = browser.cookie(PORTAL, COOKIE)
    assert.match(token ?? '', /^pd1/)
    const { text } = await browser.open(LIST)
    assert.match(text, /<article[^]*Unknown device · this browser[^]*127\.0\.0\.1/)
    const again = await browser.open(`${PORTAL}/login?prove=1`)
    const form = { username: 'bob', password: 'correct horse battery', csrf: hiddenField(again, 'csrf') }
    assert.equal((await browser.post(`${PORTAL}/login`, form)).status, 303)
    assert.equal(browser.cookie(PORTAL, COOKIE), token)
    assert.equal(idsOf(await browser.open(LIST)).length, 1)
  })

  test('its owner forgets a device, and nobody else does', async () => {
    const [alice, bob] = [await signedIn(), await signedIn('bob')]
    const list = await alice.open(LIST)
    const [device = ''] = idsOf(list)
    const bobs = hiddenField(await bob.open(LIST), 'csrf')
    for (const forget of [device, 'x', '00000000-0000-4000-8000-000000000000'])
      assert.equal((await bob.post(LIST, { csrf: bobs, forget })).status, 303)
    assert.deepEqual(idsOf(await alice.open(LIST)), [device])
    assert.equal((await alice.post(LIST, { csrf: hiddenField(list, 'csrf'), forget: device })).status, 303)
    assert.deepEqual(idsOf(await alice.open(LIST)), [])
    assert.deepEqual(await domains.database.query(EVENTS, 'device_forgotten'), [{ actor_login: 'alice' }])
  })

  test('a form says one of the two, with the token of the page', async () => {
    const alice = await signedIn()
    const list = await alice.open(LIST)
    const csrf = hiddenField(list, 'csrf')
    const [forget = ''] = idsOf(list)
    assert.equal((await alice.post(LIST, { csrf, forget, end: 'others' })).status, 400)
    assert.equal((await alice.post(LIST, { csrf: '', forget })).status, 403)
    assert.equal((await alice.post(LIST, { csrf, forget }, { origin: APP })).status, 403)
    assert.equal(idsOf(await alice.open(LIST)).includes(forget), true)
  })
})

function idsOf({ text }: Pick<Stop, 'text'>): string[] {
  return [...text.matchAll(/name="forget" value="([0-9a-f-]{36})"/g)].map(([, id = '']) => id)
}
