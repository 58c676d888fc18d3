import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { PASSWORD, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { rawRequest, rawStatus } from '../support/http.ts'
import { createBrowser, openPortal } from './browser.ts'

const LOGIN = '/.postern/login'

suite('the portal', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  let port: number
  before(async () => {
    app = await openPortal(cleanup)
    port = (app.portal.server.address() as { port: number }).port
    await app.addUser('alice')
  })

  const raw = (line: string, ...headers: string[]): Promise<string> =>
    rawRequest(port, [`${line} HTTP/1.1`, ...headers, 'Connection: close', '', ''].join('\r\n'))

  test('HOST-20: answers under its own host alone, and never names another', async () => {
    for (const host of [
      'evil.test',
      'app.example.com.evil.test',
      'evil.test#app.example.com',
      'app.example.com@evil.test',
      '',
    ]) {
      for (const path of [
        LOGIN,
        '/.postern/start?rd=/',
        '/.postern/',
        '/.postern/none',
        '/.postern/api/v2/auth/session',
      ]) {
        const answer = await raw(`GET ${path}`, `Host: ${host}`)
        assert.equal(rawStatus(answer), 421, `${host} ${path}`)
        assert.doesNotMatch(answer, /evil\.test|set-cookie|location:/i)
      }
    }
    const same = ['app.example.com', 'APP.example.com', 'app.example.com.', 'app.example.com:9080']
    for (const host of same) assert.equal(rawStatus(await raw(`GET ${LOGIN}`, `Host: ${host}`)), 200, host)
  })

  test('HOST-20: under another host there is a page with its style and a link to the public URL, and nothing else', async () => {
    const answer = await raw(`GET ${LOGIN}`, 'Host: 192.0.2.7:9080')
    assert.equal(rawStatus(answer), 421)
    assert.match(answer, /href="https:\/\/app\.example\.com\/\.postern"/)
    assert.doesNotMatch(answer, /192\.0\.2\.7|<form/)
    const assets = [...answer.matchAll(/(?:href|src)="(\/\.postern\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
    assert.ok(assets.length > 0)
    for (const path of assets) assert.equal(rawStatus(await raw(`GET ${path}`, 'Host: 192.0.2.7:9080')), 200, path)
    for (const path of ['/.postern/assets', '/.postern/assets?x', '/.postern/assetsx', '/.postern/%61ssets/x']) {
      assert.equal(rawStatus(await raw(`GET ${path}`, 'Host: 192.0.2.7:9080')), 421, path)
    }
    for (const path of ['/.postern/assets/../login', '/.postern/assets/%2e%2e/login', '/.postern/assets//../login']) {
      assert.equal(rawStatus(await raw(`GET ${path}`, 'Host: 192.0.2.7:9080')), 404, path)
    }
  })

  test('HOST-20: refuses two hosts, and none', async () => {
    assert.equal(rawStatus(await raw(`GET ${LOGIN}`, 'Host: app.example.com', 'Host: evil.test')), 421)
    assert.equal(rawStatus(await raw(`GET ${LOGIN}`, 'Host: app.example.com', 'host: app.example.com')), 421)
    assert.equal(rawStatus(await raw(`GET ${LOGIN}`)), 400)
    assert.equal(rawStatus(await rawRequest(port, `GET ${LOGIN} HTTP/1.0\r\n\r\n`)), 421)
  })

  test('HOST-20: X-Forwarded-Host and the like change nothing of what it links to', async () => {
    const claims = [
      'X-Forwarded-Host: evil.test',
      'Forwarded: host=evil.test',
      'X-Host: evil.test',
      'X-Original-Host: evil.test',
    ]
    for (const path of [LOGIN, '/.postern/start?rd=/x']) {
      assert.doesNotMatch(await raw(`GET ${path}`, 'Host: app.example.com', ...claims), /evil/)
    }
  })

  test('an address as host works like a name', async (t) => {
    for (const host of ['[::1]', '127.0.0.1']) {
      const { portal } = await openPortal(t, { env: { POSTERN_PUBLIC_URL: `http://${host}:9080/.postern` } })
      const browser = createBrowser(portal, `http://${host}:9080`)
      assert.equal((await browser.get(LOGIN)).status, 200, host)
    }
  })

  test('PROTO-02: an odd spelling of a path is no way around what guards it', async () => {
    const spellings = [
      '/.postern//login',
      '/.postern/login/',
      '/.postern/LOGIN',
      '/.postern/login;x',
      '/.postern/login%3f',
      '/.Postern/login',
    ]
    for (const path of [
      ...spellings,
      '//.postern/login',
      '/.postern/./login',
      '/.postern/x/../login',
      '/login',
      '/.postern%2flogin',
    ]) {
      const answer = await raw(
        `POST ${path}`,
        'Host: app.example.com',
        'Origin: https://evil.test',
        'Content-Length: 0',
      )
      assert.equal(rawStatus(answer), 404, path)
    }
    for (const path of [
      LOGIN,
      '/.postern/%6cogin',
      '/%2epostern/login',
      'http://app.example.com/.postern/login',
      `${LOGIN}#x`,
    ]) {
      const answer = await raw(
        `POST ${path}`,
        'Host: app.example.com',
        'Origin: https://evil.test',
        'Content-Length: 0',
      )
      assert.equal(rawStatus(answer), 403, path)
    }
  })

  test('METH-05: takes no method that a route does not name', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      assert.equal(rawStatus(await raw(`${method} ${LOGIN}`, 'Host: app.example.com')), 404, method)
    }
    const override = ['X-HTTP-Method-Override: POST', 'X-Method: POST']
    assert.equal(rawStatus(await raw('GET /.postern/api/v2/auth/logout', 'Host: app.example.com', ...override)), 404)
  })

  test('PROTO-04: lives through headers without number and of any name', async () => {
    const many = Array.from({ length: 3_000 }, (_, index) => `h${index}: x`)
    assert.equal(
      rawStatus(await raw(`GET ${LOGIN}`, 'Host: app.example.com', '__proto__: x', 'constructor: y', ...many)),
      200,
    )
    assert.equal(rawStatus(await raw(`GET ${LOGIN}`, 'Host: app.example.com', `x: ${'y'.repeat(70_000)}`)), 431)
  })

  test('IP-05: a client address that a trusted proxy garbled is refused where it is kept', async () => {
    const browser = createBrowser(app.portal)
    assert.equal((await browser.signIn({}, { headers: { 'x-forwarded-for': '203.0.113.7, junk' } })).status, 400)
    const lines = ['203.0.113.7', '10.0.0.1, 198.51.100.4']
    assert.equal((await browser.signIn({}, { headers: { 'x-forwarded-for': lines } })).status, 303)
    const [session] = await app.context.sessions.list('alice', 1)
    assert.equal(session?.ip_address, '198.51.100.4')
  })

  test('the page for a forbid shows a number only where it is one', async () => {
    const browser = createBrowser(app.portal)
    const shown = await browser.get('/.postern/forbidden', { headers: { 'x-postern-decision': '0123456789ab' } })
    assert.equal(shown.status, 403)
    assert.match(shown.text, /<code>0123456789ab<\/code>/)
    for (const id of ['<b>', '0123456789abc', '0123456789AB', 'x']) {
      assert.doesNotMatch(
        (await browser.get('/.postern/forbidden', { headers: { 'x-postern-decision': id } })).text,
        /<code>/,
      )
    }
  })

  test('over plain http its cookies have plain names, and work all the same', async (t) => {
    const { portal, addUser } = await openPortal(t, { env: { POSTERN_PUBLIC_URL: 'http://localhost:9080/.postern' } })
    await addUser('alice')
    const browser = createBrowser(portal, 'http://localhost:9080')
    const { status, setCookie, headers } = await browser.signIn({ password: PASSWORD })
    assert.equal(status, 303)
    assert.match(setCookie[0] ?? '', /^postern=ps1[\w-]+; Path=\/; HttpOnly; SameSite=Lax$/)
    assert.equal(headers['strict-transport-security'], undefined)
  })

  test('assets come with their type and may be kept, by their digest', async () => {
    const browser = createBrowser(app.portal)
    const page = await browser.get(LOGIN)
    const links = [...page.text.matchAll(/(?:href|src)="(\/\.postern\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
    assert.ok(links.length >= 2)
    for (const link of links) {
      const { status, headers } = await browser.get(link)
      assert.deepEqual([status, headers['cache-control']], [200, 'public, max-age=31536000, immutable'])
    }
    for (const path of [
      '/.postern/assets/',
      '/.postern/assets/../app.ts',
      '/.postern/assets/%2e%2e/x',
      '/.postern/assets/postern.css',
    ]) {
      assert.equal(rawStatus(await raw(`GET ${path}`, 'Host: app.example.com')), 404, path)
    }
  })
})
