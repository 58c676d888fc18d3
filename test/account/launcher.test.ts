import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { putNotice } from '../../src/policies/app-notices.ts'
import { createBrowser, openPortal } from '../login/browser.ts'
import type { Browser } from '../login/browser.ts'
import { ORIGIN, usePolicy } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'

const HOME = '/.postern/'
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
const ICON = `data:image/svg+xml;base64,${Buffer.from(SVG).toString('base64')}`
const POLICY = `
version: 1
roles: { staff: [], boss: [] }
apps:
  - name: app
    hosts: [app.example.com]
    title: The <b>app</b>
    description: "Where it's all kept & found"
    icon: ${ICON}
    rules: [{ require: {} }]
  - { name: staff, hosts: [staff.example.com], title: Überblick, rules: [{ require: { role: staff } }] }
  - { name: boss, hosts: [boss.example.com], title: Bosses, rules: [{ require: { role: boss } }] }
  - { name: open, hosts: [open.example.com], rules: [{ allow: anyone }] }
  - { name: second, hosts: [second.example.com], rules: [{ require: { factors: 2 } }] }
  - { name: deep, hosts: [deep.example.com], rules: [{ path: /x/**, require: {} }] }
  - { name: post, hosts: [post.example.com], rules: [{ methods: [POST], require: {} }] }
  - { name: outside, hosts: [outside.example.com], rules: [{ networks: 198.51.100.0/24, require: {} }] }
  - { name: quiet, hosts: [quiet.example.com], hidden: true, rules: [{ allow: anyone }] }
  - { name: tenants, hosts: ['*.tenants.example.com'], rules: [{ require: {} }] }
`

suite('the start page', () => {
  test('shows what its reader may open, in the order of titles, and how it stands there', async (t) => {
    const { browser } = await open(t)
    const { text } = await browser.get(HOME)
    assert.deepEqual(titlesIn(text), ['open', 'second', 'tenants', 'The <b>app</b>', 'Überblick'])
    assert.match(text, /Where it&#39;s all kept &#38; found/)
    assert.match(text, /Asks for your second factor\./)
    assert.match(text, /<a href="https:\/\/staff\.example\.com\/">Überblick<\/a>/)
    assert.doesNotMatch(text, /any-host/)
  })

  test('shows nothing that verify would forbid, and all that it would let pass or ask more for', async (t) => {
    const app = await openWith(t)
    for (const [login, roles] of [
      ['alice', ['staff']],
      ['bob', ['boss', 'staff']],
      ['none', []],
    ] as const) {
      const { browser, token } = await visitorOf(app, login, roles)
      const { text } = await browser.get(HOME)
      for (const name of ['app', 'staff', 'boss', 'open', 'second', 'deep', 'post', 'outside']) {
        const status = await statusOf(app, `${name}.example.com`, token)
        const isShown = text.includes(`href="https://${name}.example.com/"`)
        assert.equal(isShown, status !== 403, `${login} at ${name}: ${status}`)
      }
    }
  })

  test('finds apps by what they are called and are for, without script', async (t) => {
    const { browser, app } = await open(t)
    const more = Array.from(
      { length: 100 },
      (_, at) =>
        `  - { name: extra${at}, hosts: [e${at}.example.com], description: Shelf ${at}, rules: [{ require: {} }] }`,
    )
    await usePolicy(app.context, `${POLICY}${more.join('\n')}\n`)
    const find = async (text: string): Promise<string[]> =>
      titlesIn((await browser.get(`${HOME}?q=${encodeURIComponent(text)}`)).text)
    assert.equal((await find('')).length, 105)
    assert.deepEqual(await find('uberblick'), ['Überblick'])
    assert.deepEqual(await find('SHELF 42'), ['extra42'])
    const none = (await browser.get(`${HOME}?q=%3Cscript%3E`)).text
    assert.deepEqual(titlesIn(none), [])
    assert.match(none, /No app fits “&#60;script&#62;”/)
  })

  test('says whom to ask where there is nothing to open', async (t) => {
    const { browser, app } = await open(t)
    await usePolicy(app.context, 'version: 1\nroles: { staff: [], boss: [] }\napps: []\n')
    const { text } = await browser.get(HOME)
    assert.match(text, /Ask the administrator of this portal for access/)
    assert.match(text, /<strong>alice<\/strong>/)
    const root = await visitorOf(app, 'root', ['postern-admin'])
    const operator = (await root.browser.get(HOME)).text
    assert.match(operator, /see <a href="\/\.postern\/admin">the administration<\/a>/)
    assert.doesNotMatch(operator, /Ask the administrator/)
  })

  test('tells what is going on with an app, to those alone who see its card', async (t) => {
    const { browser, app } = await open(t)
    const notice = { startsAt: null, endsAt: new Date('2999-01-01T12:00:00Z'), setBy: 'root' }
    await putNotice(app.database, { ...notice, app: 'staff', text: 'Mended <now>.' })
    await putNotice(app.database, { ...notice, app: 'boss', text: 'Nobody else’s business.' })
    const { text } = await browser.get(HOME)
    assert.match(text, /Notice: Mended &#60;now&#62;\./)
    assert.match(text, /datetime="2999-01-01T12:00:00\.000Z"/)
    assert.doesNotMatch(text, /Nobody else/)
    const forbidden = (host: string) => browser.get('/.postern/forbidden', { headers: { host } })
    assert.match((await forbidden('boss.example.com')).text, /No access.*Notice: Nobody else/s)
    assert.doesNotMatch((await forbidden('open.example.com')).text, /Notice/)
  })

  test('CSRF-11: an image of the policy is served by itself, and runs nothing', async (t) => {
    const { browser } = await open(t)
    const { text, headers } = await browser.get(HOME)
    assert.match(headers['content-security-policy'] ?? '', /img-src 'self'(;|$)/)
    const [, href = ''] = /<img class="tile" src="([^"]+)"/.exec(text) ?? []
    const icon = await browser.get(href)
    assert.deepEqual([icon.status, icon.headers['content-type'], icon.text], [200, 'image/svg+xml', SVG])
    assert.match(icon.headers['content-security-policy'] ?? '', /default-src 'none'.*sandbox$/)
    assert.equal(icon.headers['x-content-type-options'], 'nosniff')
    assert.equal((await browser.get(`${href.slice(0, -1)}x`)).status, 404)
  })

  test('leads whoever is not signed in to the sign-in page', async (t) => {
    const { app } = await open(t)
    const { status, headers } = await createBrowser(app.portal).get(HOME)
    assert.deepEqual([status, headers['location']], [302, '/.postern/login'])
  })

  test('leads to the console whoever may do something of ours, and nobody else', async (t) => {
    const app = await openWith(t)
    const helper = await visitorOf(app, 'root', ['postern-admin'])
    assert.match((await helper.browser.get(HOME)).text, /href="\/\.postern\/admin"/)
    const plain = await visitorOf(app, 'alice', ['staff'])
    assert.doesNotMatch((await plain.browser.get(HOME)).text, /href="\/\.postern\/admin"/)
  })
})

function openWith(t: Cleanup): Promise<TestApp> {
  return openPortal(t, { policy: POLICY })
}

async function open(t: Cleanup): Promise<{ app: TestApp; browser: Browser }> {
  const app = await openWith(t)
  return { app, browser: (await visitorOf(app, 'alice', ['staff'])).browser }
}

async function visitorOf(
  app: TestApp,
  login: string,
  roles: readonly string[],
): Promise<{ browser: Browser; token: string }> {
  await app.addUser(login, { roles })
  const token = await app.token(login)
  const browser = createBrowser(app.portal)
  browser.jar.store(new URL(ORIGIN), [`__Host-postern=${token}; Path=/; Secure; HttpOnly`])
  return { browser, token }
}

/** As verify decides of a browser that is signed in there too. */
async function statusOf({ context, database, verify }: TestApp, host: string, token: string): Promise<number> {
  const { cookies, sessions } = context.portalParts
  const own = cookies.hasOwnToken(host)
  const principal = await sessions.whoHas(token, null, { clientAddress: '127.0.0.1', userAgent: '' })
  assert.ok(principal !== null)
  const { signInId, factors } = principal
  const given = own
    ? await database.transaction((tx) => context.sessions.addToken(tx, { signInId, host, factors }))
    : null
  const original = { method: 'GET', proto: 'https', host, uri: '/' }
  const headers = Object.fromEntries(Object.entries(original).map(([name, value]) => [`x-original-${name}`, value]))
  const cookie = `${own ? cookies.names.app : cookies.names.portal}=${given?.token ?? token}`
  const url = '/verify/nginx'
  return (await verify.inject({ url, headers: { ...headers, 'x-real-ip': '127.0.0.1', cookie } })).statusCode
}

function titlesIn(text: string): string[] {
  const list = /<ul class="apps">([\s\S]*?)<\/ul>/.exec(text)?.[1] ?? ''
  return [...list.matchAll(/<h2>(?:<a [^>]*>)?([^<]*)/g)].map(([, title = '']) =>
    title.replaceAll('&#60;', '<').replaceAll('&#62;', '>'),
  )
}
