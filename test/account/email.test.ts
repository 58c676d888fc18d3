import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { statement } from '../../src/store/statement.ts'
import { editUser, getUser, setPassword } from '../../src/users/users.ts'
import { createBrowser, hidden } from '../login/browser.ts'
import type { Browser, Page } from '../login/browser.ts'
import { openPostOffice } from '../recovery/post-office.ts'
import type { PostOffice } from '../recovery/post-office.ts'
import type { Cleanup } from '../support/directories.ts'

const EMAIL = '/.postern/account/email'
const OLD = 'alice@example.com'
const NEW = 'alice@new.example.com'
const AGE_PROOFS = statement('age_proofs', `update auth.session_tokens set factors = '{"password": 1}'`)
const VERIFIED = statement<[], { is_verified: boolean }>(
  'verified',
  `select email_verified_at is not null as is_verified from auth.users where login = 'alice'`,
)

interface Desk extends PostOffice {
  readonly browser: Browser
  readonly ask: (email: string, browser?: Browser) => Promise<Page>
  readonly stored: () => Promise<string>
}

suite('one’s own e-mail address', () => {
  test('is confirmed by a link that is sent to it', async (t) => {
    const { portal, browser, database, ask, deliver, linkTo, server } = await open(t)
    assert.match((await browser.get(EMAIL)).text, /not confirmed/)
    await ask(OLD)
    await deliver()
    assert.equal(server.mails.length, 1)
    const link = linkTo(OLD)
    await createBrowser(portal).get(link)
    assert.equal((await database.query(VERIFIED))[0]?.is_verified, false, 'looking confirms nothing')
    assert.equal((await press(browser, link)).status, 200)
    assert.equal((await database.query(VERIFIED))[0]?.is_verified, true)
    assert.equal((await press(browser, link)).status, 410)
    await editUser(database, 'alice', { email: NEW })
    assert.equal((await database.query(VERIFIED))[0]?.is_verified, false, 'another address is not')
  })

  test('changes once the new one confirms it, and the old one is told before and after', async (t) => {
    const { portal, ask, deliver, linkTo, server, stored } = await open(t)
    await ask(` ${NEW.toUpperCase()} `)
    assert.equal(await stored(), OLD)
    await deliver()
    const subjects = (): string[] => server.mails.filter(({ to }) => to.includes(OLD)).map(({ subject }) => subject)
    assert.equal(subjects().length, 1)
    assert.match(subjects()[0] ?? '', /about to change/)
    const done = await press(createBrowser(portal), linkTo(NEW))
    assert.deepEqual([done.status, await stored(), done.setCookie], [200, NEW, []])
    await deliver()
    assert.match(subjects()[1] ?? '', /was changed/)
  })

  test('stays where the old one stops it, and every session ends', async (t) => {
    const { portal, browser, ask, deliver, linkTo, stored } = await open(t)
    await ask(NEW)
    await deliver()
    const [confirm, stop] = [linkTo(NEW), linkTo(OLD)]
    assert.equal((await press(createBrowser(portal), stop)).status, 200)
    assert.equal((await createBrowser(portal).get(confirm)).status, 410)
    assert.equal(await stored(), OLD)
    assert.equal((await browser.get(EMAIL)).status, 302)
  })

  test('comes back where the old one stops it too late, however often a thief changed it since', async (t) => {
    const { portal, browser, ask, deliver, linkTo, stored } = await open(t)
    await ask('thief@evil.test')
    await deliver()
    const stop = linkTo(OLD)
    await press(browser, linkTo('thief@evil.test'))
    await ask('thief2@evil.test')
    await deliver()
    const thiefsStop = linkTo('thief@evil.test')
    await press(browser, linkTo('thief2@evil.test'))
    assert.equal(await stored(), 'thief2@evil.test')
    assert.equal((await press(createBrowser(portal), stop)).status, 200)
    assert.equal(await stored(), OLD)
    assert.equal((await createBrowser(portal).get(thiefsStop)).status, 410, 'who came later undoes nothing')
  })

  test('of two changes that were asked for, the later counts', async (t) => {
    const { portal, ask, deliver, linkTo, server, stored } = await open(t)
    await ask(NEW)
    await deliver()
    const first = linkTo(NEW)
    await ask('third@example.com')
    await deliver()
    assert.equal((await createBrowser(portal).get(first)).status, 410)
    await press(createBrowser(portal), linkTo('third@example.com'))
    assert.equal(await stored(), 'third@example.com')
    assert.ok(server.mails.every(({ to }) => to.length === 1))
  })

  test('RST-14: the link dies with a new password', async (t) => {
    const { portal, context, database, ask, deliver, linkTo, stored } = await open(t)
    await ask(NEW)
    await deliver()
    const link = linkTo(NEW)
    await setPassword(database, 'alice', await context.passwords.hash('yet another pass phrase'))
    assert.equal((await createBrowser(portal).get(link)).status, 410)
    assert.equal(await stored(), OLD)
  })

  test('that somebody else has is not told, and nobody gets it', async (t) => {
    const { portal, addUser, ask, deliver, linkTo, server, stored } = await open(t)
    await addUser('bob')
    const free = (await ask(NEW)).text.replaceAll(NEW, '')
    const taken = (await ask('bob@example.com')).text.replaceAll('bob@example.com', '')
    const plain = (text: string): string => text.replace(/value="[\w-]{43}"/g, '')
    assert.equal(plain(taken), plain(free))
    await deliver()
    assert.ok(server.mails.every(({ to }) => !to.includes('bob@example.com')))
    await ask('late@example.com')
    await deliver()
    await addUser('late')
    assert.equal((await press(createBrowser(portal), linkTo('late@example.com'))).status, 410)
    assert.equal(await stored(), OLD)
  })

  test('is changed only soon after a proof of who it is, and by a form of ours', async (t) => {
    const { portal, browser, database, ask, deliver, server } = await open(t)
    const csrf = hidden(await browser.get(EMAIL), 'csrf')
    const body = { email: NEW, csrf }
    assert.equal((await browser.post(EMAIL, { body, headers: { origin: 'https://evil.test' } })).status, 403)
    assert.equal((await browser.post(EMAIL, { body: { email: NEW, csrf: 'x' } })).status, 403)
    for (const email of ['nobody', 'a@b,c@d', 'a@b\r\nBcc: c@d']) assert.equal((await ask(email)).status, 400)
    const late = createBrowser(portal)
    await late.signIn()
    await database.query(AGE_PROOFS)
    assert.match((await late.get(EMAIL)).text, /Prove who you are/)
    await deliver()
    assert.ok(server.mails.every(({ subject }) => !/address/.test(subject)))
  })

  test('of 32 that use a link at once, one does, whatever the link is for', async (t) => {
    const { portal, ask, deliver, linkTo } = await open(t)
    const race = async (link: string): Promise<void> => {
      const form = await createBrowser(portal).get(link)
      const tries = Array.from({ length: 32 }, (_, at) => press(createBrowser(portal), link, form, at))
      const statuses = (await Promise.all(tries)).map(({ status }) => status)
      assert.equal(statuses.filter((status) => status === 200).length, 1, String(statuses))
      assert.ok(
        statuses.every((status) => [200, 410].includes(status)),
        String(statuses),
      )
    }
    await ask(OLD)
    await deliver()
    await race(linkTo(OLD))
    await ask(NEW)
    await deliver()
    const stop = linkTo(OLD)
    await race(linkTo(NEW))
    await race(stop)
  })
})

async function open(t: Cleanup): Promise<Desk> {
  const office = await openPostOffice(t)
  const own = createBrowser(office.portal)
  await own.signIn()
  return {
    ...office,
    browser: own,
    async ask(email, browser = own) {
      return browser.post(EMAIL, { body: { email, csrf: hidden(await browser.get(EMAIL), 'csrf') } })
    },
    stored: async () => (await getUser(office.database, 'alice')).email,
  }
}

/** Opens the page behind a link and presses its one button. */
async function press(browser: Browser, link: string, form?: Page, from = 255): Promise<Page> {
  const page = form ?? (await browser.get(link))
  const body = { token: hidden(page, 'token'), csrf: hidden(page, 'csrf') }
  const headers = { 'x-forwarded-for': `198.18.0.${from}` }
  return page.status === 200 ? browser.post(link.slice(0, link.lastIndexOf('/')), { body, headers }) : page
}
