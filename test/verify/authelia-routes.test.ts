import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { listenOnFreePort, openTestApp, suiteCleanup } from '../support/app.ts'
import type { TestApp, TestAppOptions } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'
import { rawRequest } from '../support/http.ts'
import { readAnswer } from './ask.ts'
import type { Told } from './ask.ts'

const POLICY = `
version: 1
roles: { admin: [] }
apps:
  - name: app
    hosts: [app.example.com]
    rules:
      - { path: /public/**, allow: anyone }
      - { path: /admin/**, require: { role: admin } }
      - require: {}
  - name: open
    hosts: [open.example.com]
    rules: [{ allow: anyone }]
  - name: net
    hosts: [net.example.com]
    rules: [{ networks: [10.0.0.0/8], allow: anyone }]
`
const BROWSER = 'Accept: text/html'

interface Place extends TestApp {
  readonly alice: string
  readonly send: (line: string, headers: readonly string[]) => Promise<Told>
}

async function openPlace(t: Cleanup, options: TestAppOptions = {}): Promise<Place> {
  const app = await openTestApp(t, {
    policy: POLICY,
    ...options,
    env: { POSTERN_AUTHELIA_PATHS: 'yes', ...options.env },
  })
  const port = await listenOnFreePort(app.verify)
  await app.addUser('alice', { password: null })
  const alice = `Cookie: __Host-postern=${await app.token('alice')}`
  const send = async (line: string, headers: readonly string[]): Promise<Told> => {
    const connection = headers.some((header) => header.startsWith('Connection:')) ? [] : ['Connection: close']
    const bytes = [`${line} HTTP/1.1`, ...headers, ...connection, '', ''].join('\r\n')
    return readAnswer(await rawRequest(port, bytes, { until: '\r\n\r\n' }))
  }
  return { ...app, alice, send }
}

/** As nginx asks that was set up for Authelia. */
const authRequest = (url: string, ...more: readonly string[]): [string, string[]] => [
  'GET /api/authz/auth-request',
  ['Host: authelia', 'X-Original-Method: GET', `X-Original-URL: ${url}`, 'X-Forwarded-For: 203.0.113.7', ...more],
]

const forwardAuth = (uri: string, ...more: readonly string[]): [string, string[]] => [
  'GET /api/authz/forward-auth',
  [
    'Host: authelia',
    'X-Forwarded-Method: GET',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: app.example.com',
    `X-Forwarded-Uri: ${uri}`,
    'X-Forwarded-For: 203.0.113.7',
    ...more,
  ],
]

/** As Envoy asks whose path prefix ends with a slash. */
const extAuthz = (target: string, ...more: readonly string[]): [string, string[]] => [
  `GET /api/authz/ext-authz/${target}`,
  ['Host: app.example.com', 'X-Forwarded-Proto: https', ...more],
]

const FORMS: readonly (readonly [name: string, ask: (uri: string, ...more: string[]) => [string, string[]]])[] = [
  ['auth-request', (uri, ...more) => authRequest(`https://app.example.com${uri}`, ...more)],
  ['forward-auth', forwardAuth],
  ['ext-authz', extAuthz],
]

suite('the addresses of Authelia', () => {
  const cleanup = suiteCleanup()
  let place: Place
  before(async () => {
    place = await openPlace(cleanup)
  })

  test('are not there unless the setting says yes, and the one that guesses never is', async (t) => {
    const off = await openPlace(t, { env: { POSTERN_AUTHELIA_PATHS: 'no' } })
    for (const [name, ask] of FORMS) assert.equal((await off.send(...ask('/public/a'))).status, 404, name)
    const [, headers] = authRequest('https://app.example.com/public/a')
    assert.equal((await place.send('GET /api/verify', headers)).status, 404)
  })

  for (const [name, ask] of FORMS) {
    test(`${name}: lets in whom the rules let in, and tells who it is`, async () => {
      const open = await place.send(...ask('/public/a'))
      assert.deepEqual([open.status, open.header('remote-user')], [200, ''])
      const known = await place.send(...ask('/a?b=c', place.alice))
      assert.deepEqual([known.status, known.header('remote-user')], [200, 'alice'])
      assert.equal(known.header('remote-email'), 'alice@example.com')
      assert.equal((await place.send(...ask('/admin/', place.alice, BROWSER))).status, 403)
    })

    test(`${name}: a browser that isn't signed in is told where to begin`, async () => {
      const told = await place.send(...ask('/a?b=c&d', BROWSER))
      assert.equal(told.status, name === 'auth-request' ? 401 : 302)
      assert.equal(told.header('location'), 'https://app.example.com/.postern/start?rd=%2Fa%3Fb%3Dc%26d')
    })

    test(`${name}: what other families send decides nothing, and forged identity refuses`, async () => {
      const foreign = ['X-Original-URI: /public/a', 'X-Authelia-URL: https://evil.example', 'X-Rewrite-URL: /public/a']
      assert.notEqual((await place.send(...ask('/admin/', ...foreign))).status, 200)
      for (const forged of ['Remote-User: root', 'remote_groups: admins', 'Remote.Email: x'])
        assert.notEqual((await place.send(...ask('/public/a', forged))).status, 200, forged)
    })

    test(`${name}: each of its headers is there once, or it refuses`, async () => {
      const [line, headers] = ask('/public/a')
      const own = headers.filter((header) => header !== 'Host: authelia')
      for (const header of own) {
        const without = headers.filter((other) => other !== header)
        assert.notEqual((await place.send(line, without)).status, 200, `without ${header}`)
        // Hops may come in several lines.
        if (header.startsWith('X-Forwarded-For')) continue
        assert.notEqual((await place.send(line, [...headers, header])).status, 200, `two of ${header}`)
      }
    })
  }

  test('auth-request: the URL is one strict text, so that what follows a host is never taken for one', async () => {
    const refused = [
      'app.example.com/public/a',
      'https://app.example.com',
      'https://app.example.com?/public/a',
      'https://app.example.com#/public/a',
      'https://app.example.com\\/public/a',
      'https://open.example.com@app.example.com/public/a',
      'https:///public/a',
      'ftp://app.example.com/public/a',
      'HTTPS://app.example.com/public/a',
      ' https://app.example.com /public/a',
      'https://app.example.com:444/public/a',
    ]
    for (const url of refused) assert.equal((await place.send(...authRequest(url))).status, 403, url)
    for (const url of ['https://app.example.com/public/a', 'https://APP.example.com.:443/public/a?x'])
      assert.equal((await place.send(...authRequest(url))).status, 200, url)
  })

  test('auth-request: a program gets the address too, as nginx turns every 401 into a redirect to it', async () => {
    const told = await place.send(...authRequest('https://app.example.com/a', 'Accept: */*'))
    assert.deepEqual([told.status, told.body], [401, ''])
    assert.equal(told.header('location'), 'https://app.example.com/.postern/start?rd=%2F')
  })

  test('auth-request: the app is told by the host in the URL alone, whatever nginx served', async () => {
    assert.equal((await place.send(...authRequest('https://open.example.com/admin/'))).status, 200)
    assert.equal((await place.send(...authRequest('https://unknown.example.com/'))).status, 403)
  })

  test('forward-auth: a program gets 401 and no address', async () => {
    const told = await place.send(...forwardAuth('/a', 'Accept: */*'))
    assert.deepEqual([told.status, told.header('location')], [401, undefined])
  })

  test('ext-authz: what follows the slash of the prefix is the target, and nothing is repaired', async () => {
    assert.equal((await place.send(...extAuthz('/public/%2e%2e/admin/', place.alice))).status, 403)
    assert.equal((await place.send(...extAuthz('//public/a'))).status, 401)
    for (const target of ['public/a', '', '%2Fpublic/a', '?/public/a', 'https://app.example.com/public/a'])
      assert.equal((await place.send(...extAuthz(target))).status, 400, target)
  })

  test("ext-authz: the method is the client's own", async () => {
    const [line, headers] = extAuthz('/a', BROWSER, 'Sec-Fetch-Mode: navigate', 'Content-Length: 0')
    const told = await place.send(line.replace('GET', 'POST'), headers)
    assert.deepEqual(
      [told.status, told.header('location')?.split('?')[0]],
      [303, 'https://app.example.com/.postern/start'],
    )
  })

  test('ext-authz: an app with rules for networks is refused, as nothing tells the address', async () => {
    const [line] = extAuthz('/')
    const headers = ['Host: net.example.com', 'X-Forwarded-Proto: https', 'X-Forwarded-For: 10.1.2.3']
    assert.equal((await place.send(line, headers)).status, 400)
  })

  test('auth-request: hops are walked from the right, so what a client wrote before them does not count', async () => {
    const [line, headers] = authRequest('https://net.example.com/')
    const from = (value: string): Promise<Told> =>
      place.send(line, [...headers.filter((header) => !header.startsWith('X-Forw')), `X-Forwarded-For: ${value}`])
    assert.equal((await from('10.1.2.3')).status, 200)
    assert.equal((await from('10.1.2.3, 203.0.113.7')).status, 403)
    assert.equal((await from('10.1.2.3x')).status, 403)
  })

  test('any method that a proxy may ask by is answered, and a body that is announced is never waited for', async () => {
    const [head, headers] = forwardAuth('/public/a')
    assert.equal((await place.send(head.replace('GET', 'HEAD'), headers)).status, 200)
    const [line, own] = extAuthz('/public/a')
    assert.equal((await place.send(line.replace('GET', 'PROPFIND'), own)).status, 403)
    for (const [name, ask] of FORMS) {
      const told = await place.send(...ask('/public/a', 'Content-Length: 5', 'Connection: keep-alive'))
      assert.deepEqual([told.status, told.header('connection')], [200, 'close'], name)
    }
  })

  test('the secret is asked for here as well', async (t) => {
    const secret = 'the secret of the proxy and the gateway'
    const guarded = await openPlace(t, { env: { POSTERN_PROXY_SECRET: secret } })
    for (const [name, ask] of FORMS) {
      assert.notEqual((await guarded.send(...ask('/public/a'))).status, 200, name)
      assert.equal((await guarded.send(...ask('/public/a', `X-Postern-Secret: ${secret}`))).status, 200, name)
    }
  })

  test('with one cookie for the domain a sign-in begins on the portal, so that no app need route /.postern/', async (t) => {
    const env = {
      POSTERN_PUBLIC_URL: 'https://auth.example.com',
      POSTERN_SESSION_SCOPE: 'domain',
      POSTERN_COOKIE_DOMAIN: 'example.com',
    }
    const shared = await openPlace(t, { env })
    for (const [name, ask] of FORMS) {
      const location = (await shared.send(...ask('/a?b=c', BROWSER))).header('location') ?? ''
      const [page, signed = ''] = location.split('?rd=')
      assert.equal(page, 'https://auth.example.com/login', name)
      assert.equal(shared.context.portalParts.returnAddresses.open(signed)?.url, 'https://app.example.com/a?b=c')
    }
  })
})
