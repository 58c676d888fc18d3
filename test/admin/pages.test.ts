import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { hidden } from '../login/browser.ts'
import type { Browser } from '../login/browser.ts'
import { suiteCleanup } from '../support/app.ts'
import { openPlaceOf } from './people-of.ts'
import type { Place } from './people-of.ts'

const POLICY = `
version: 1
roles:
  reader: ['postern.policy:read']
  watcher: ['postern.system:read']
apps:
  - { name: wiki, hosts: [wiki.example.com], rules: [{ require: {} }] }
  - { name: board, hosts: [board.example.com], rules: [{ require: {} }] }
`
const ROLES = { root: 'postern-admin', rita: 'reader', wanda: 'watcher' } as const
const NOTICES = '/.postern/admin/notices'
const XSS = '<img src=x onerror=alert(1)>'

suite('pages of the console', () => {
  const t = suiteCleanup()
  let signedIn: Place<keyof typeof ROLES>['signedIn']
  before(async () => {
    ;({ signedIn } = await openPlaceOf(t, ROLES, { policy: POLICY }))
  })

  test('are each for whoever has the permission', async () => {
    const [rita, wanda] = [await signedIn('rita'), await signedIn('wanda')]
    const statusOf = async (browser: Browser, page: string): Promise<number> =>
      (await browser.get(`/.postern/admin/${page}`)).status
    for (const page of ['system', 'keys'])
      assert.deepEqual([await statusOf(rita, page), await statusOf(wanda, page)], [403, 200], page)
    for (const page of ['snippets', 'notices'])
      assert.deepEqual([await statusOf(rita, page), await statusOf(wanda, page)], [200, 403], page)
  })

  test('show health, figures, and keys without what they are', async () => {
    const wanda = await signedIn('wanda')
    const { text } = await wanda.get('/.postern/admin/system')
    for (const said of ['database', 'Well', 'Event loop lag', 'Version 1']) assert.ok(text.includes(said), said)
    const keys = await wanda.get('/.postern/admin/keys')
    assert.equal([...keys.text.matchAll(/makes and checks/g)].length, 5)
    assert.match(keys.text, /takes over once every server knows it/)
    assert.doesNotMatch(keys.text, /<form method="post" action="[^"]*admin\/keys"/)
    assert.doesNotMatch(keys.text, /[A-Za-z0-9+/]{40,}={0,2}</)
  })

  test('show what the command prints for a proxy and an app, and which choice is wrong', async () => {
    const rita = await signedIn('rita')
    const { text } = await rita.get(
      '/.postern/admin/snippets?proxy=nginx&app=board&upstream=http%3A%2F%2F10.0.0.7%3A81',
    )
    assert.match(text, /<code id="snippet">[\s\S]*10\.0\.0\.7:81[\s\S]*board\.example\.com[\s\S]*<\/code>/)
    for (const wrong of [
      'proxy=none&app=wiki',
      'proxy=nginx&app=none',
      `proxy=nginx&app=wiki&upstream=${encodeURIComponent(XSS)}`,
    ]) {
      const page = await rita.get(`/.postern/admin/snippets?${wrong}`)
      assert.deepEqual(
        [page.status, page.text.includes('role="alert"'), page.text.includes(XSS)],
        [400, true, false],
        wrong,
      )
    }
  })

  test('set a notice and take it away, with a word each time', async () => {
    const root = await signedIn('root')
    const csrf = hidden(await root.get(NOTICES), 'csrf')
    const set = await root.post(NOTICES, { body: { csrf, app: 'wiki', text: XSS, hours: '2' } })
    assert.deepEqual([set.status, set.headers['location']], [303, `${NOTICES}?done=notice_set`])
    const page = await root.get(`${NOTICES}?done=notice_set`)
    assert.match(page.text, /role="status">The notice is set/)
    assert.deepEqual([page.text.includes(XSS), page.text.includes('onerror=alert')], [false, true])
    const cleared = await root.post(`${NOTICES}/clear`, { body: { csrf, app: 'wiki' } })
    assert.equal(cleared.headers['location'], `${NOTICES}?done=notice_cleared`)
    assert.match((await root.get(NOTICES)).text, /No notices/)
  })

  test('say beside the field what is wrong, and lose nothing that was written', async () => {
    const root = await signedIn('root')
    const csrf = hidden(await root.get(NOTICES), 'csrf')
    const page = await root.post(NOTICES, { body: { csrf, app: 'board', text: 'Closed on Monday', hours: '0' } })
    assert.equal(page.status, 400)
    assert.match(page.text, /id="hours-error" role="alert"/)
    assert.match(page.text, /value="Closed on Monday"/)
    assert.match(page.text, /<option value="board"\s+selected/)
  })

  test('CSRF: take forms of their own visitor and origin alone, and from whom may change things', async () => {
    const [root, rita] = [await signedIn('root'), await signedIn('rita')]
    const csrf = hidden(await root.get(NOTICES), 'csrf')
    const body = { csrf, app: 'wiki', text: 'x', hours: '' }
    assert.doesNotMatch((await rita.get(NOTICES)).text, /<form method="post" action="[^"]*notices"/)
    assert.equal((await rita.post(NOTICES, { body })).status, 403)
    assert.equal((await root.post(NOTICES, { body: { ...body, csrf: 'x' } })).status, 403)
    const other = await signedIn('root')
    assert.equal((await other.post(NOTICES, { body })).status, 403)
    assert.equal((await root.post(NOTICES, { body, headers: { origin: 'https://evil.example' } })).status, 403)
    assert.equal((await root.post(NOTICES, { body: { ...body, more: '1' } })).status, 400)
    assert.match((await root.get(NOTICES)).text, /No notices/)
  })

  test('speak German, and nothing of them is left in English', async () => {
    const root = await signedIn('root')
    const headers = { 'accept-language': 'de' }
    for (const [page, said] of [
      ['', 'Überblick'],
      ['/system', 'Zustand'],
      ['/keys', 'Schlüssel'],
      ['/snippets', 'Proxy-Konfiguration'],
      ['/notices', 'Wartungshinweise'],
    ]) {
      const { text } = await root.get(`/.postern/admin${page}`, { headers })
      assert.ok(text.includes(`<h1>${said}</h1>`), page)
      assert.match(text, /<html lang="de">/)
    }
  })
})
