import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { startSignIn } from '../../src/login/start-sign-in.ts'
import { statement } from '../../src/store/statement.ts'
import { findCredentials, setMustChangePassword } from '../../src/users/users.ts'
import { PASSWORD } from '../support/app.ts'
import { createBrowser, openPortal } from './browser.ts'
import type { Page } from './browser.ts'
import { APP, hiddenField, openDomains, PORTAL } from './traveller.ts'

const LINKS = statement<[], object>('links', `select token_hash from auth.one_time_tokens where purpose = 'reset'`)
const NEXT = 'three quiet herons by the lake'

suite('whoever has to change the password', () => {
  test('gets no sign-in before another one is chosen, then signs in with that', async (t) => {
    const domains = await openDomains(t)
    await setMustChangePassword(domains.database, 'alice', true)
    const browser = domains.travel()
    const asked = await browser.signIn(`${APP}/`)
    assert.match(asked.url, /^https:\/\/auth\.example\.com\/reset\/p/)
    assert.equal(browser.cookie(PORTAL, '__Host-postern'), null)
    assert.equal((await domains.context.sessions.list('alice', 9)).length, 0)
    const form = { csrf: hiddenField(asked, 'csrf'), token: hiddenField(asked, 'token') }
    const same = await browser.post(`${PORTAL}/reset/password`, { ...form, password: PASSWORD })
    assert.match(same.text, /last 5 passwords/)
    const done = await browser.post(`${PORTAL}/reset/password`, { ...form, password: NEXT })
    assert.equal(done.status, 200)
    assert.equal((await domains.travel().signIn(`${APP}/`)).user, null)
    assert.equal((await domains.travel().signIn(`${APP}/`, 'alice', { password: NEXT })).user, 'alice')
  })

  test('is told so by the API, and a wrong password tells nobody', async (t) => {
    const { context, database, portal, addUser } = await openPortal(t)
    await addUser('alice')
    await setMustChangePassword(database, 'alice', true)
    const login = (password: string): Promise<Page> =>
      createBrowser(portal).post('/.postern/api/v2/auth/login', {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'alice', password }),
      })
    const right = await login(PASSWORD)
    const { data } = JSON.parse(right.text) as { data: { next: string; path: string } }
    assert.deepEqual([right.status, data.next], [200, 'change_password'])
    assert.match(data.path, /^\/\.postern\/reset\/p/)
    assert.equal((await login('wrong')).status, 401)
    assert.equal((await context.sessions.list('alice', 9)).length, 0)
  })

  test('gets no link by a password that was replaced while it was being checked', async (t) => {
    const { context, database, addUser } = await openPortal(t)
    await addUser('alice')
    await setMustChangePassword(database, 'alice', true)
    const { id: userId, session_epoch: sessionEpoch } = (await findCredentials(database, 'alice')) ?? assert.fail()
    const about = { userId, login: 'alice', factors: { password: 0 }, remember: false, trusts: false, enrolBy: null }
    const visit = { address: '192.0.2.1', userAgent: 'test', deviceHash: null, previous: null }
    const risk = { score: 0, reasons: [] }
    const complete = { ...about, visit, risk, standing: { isBreakGlass: false } }
    const kindAt = async (epoch: number): Promise<string> =>
      database.transaction(async (tx) => {
        return (await startSignIn(tx, context.portalParts, { ...complete, sessionEpoch: epoch })).kind
      })
    assert.equal(await kindAt(sessionEpoch - 1), 'refused')
    assert.deepEqual(await database.query(LINKS), [])
    assert.equal(await kindAt(sessionEpoch), 'must_change')
    assert.equal((await database.query(LINKS)).length, 1)
  })
})
