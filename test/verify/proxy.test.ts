import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { suiteCleanup } from '../support/app.ts'
import { headerValues, startEchoApp } from '../support/echo-app.ts'
import type { EchoApp, EchoedRequest } from '../support/echo-app.ts'
import { rawRequest, rawStatus } from '../support/http.ts'
import { openProxied } from './behind.ts'
import type { ProxiedApp, SendOptions } from './behind.ts'

suite('what the app behind proxy mode is sent', () => {
  const cleanup = suiteCleanup()
  let echo: EchoApp
  let proxied: ProxiedApp
  before(async () => {
    echo = await startEchoApp(cleanup)
    proxied = await openProxied(cleanup, new URL(`http://${echo.address}`))
  })

  const reach = async (line: string, options: SendOptions = {}): Promise<EchoedRequest> => {
    const { status, body } = await proxied.send(line, options)
    assert.equal(status, 200, body)
    return echo.requests.at(-1) ?? assert.fail('nothing arrived')
  }
  const named = ({ rawHeaders }: EchoedRequest, name: string): string[] => headerValues(rawHeaders, name)

  test('is the request as it was, with who it is', async () => {
    const told = await reach('GET /notes/a?x=%2F&y=a+b', { more: ['Accept: text/html', 'X-Own: 1', 'X-Own: 2'] })
    assert.deepEqual([told.method, told.url], ['GET', '/notes/a?x=%2F&y=a+b'])
    assert.deepEqual(named(told, 'Remote-User'), ['alice'])
    assert.deepEqual(named(told, 'Remote-Groups'), ['user'])
    assert.deepEqual(named(told, 'X-Own'), ['1', '2'])
    assert.deepEqual(named(told, 'Host'), ['localhost'])
  })

  test('HDR-01: holds no identity that the visitor wrote', async () => {
    const forged = [
      'Remote-User: root',
      'REMOTE-GROUPS: admin',
      'Remote-Email: r@x',
      'Remote-Name: R',
      'Remote-User-Id: 1',
    ]
    const told = await reach('GET /', { more: forged })
    assert.deepEqual(named(told, 'Remote-User'), ['alice'])
    assert.deepEqual(named(told, 'Remote-Groups'), ['user'])
    const publicly = await reach('GET /public/', { more: forged })
    assert.ok(publicly.rawHeaders.every((text) => !text.toLowerCase().startsWith('remote-')))
  })

  test('HDR-02: a name that an app could take for one of ours is refused, wherever it stands', async () => {
    for (const name of ['Remote_User', 'remote.user', 'Remote--Groups', 'X-Postern-Secret', 'X_Postern_Assertion']) {
      const { status } = await proxied.send('GET /public/', { more: [`${name}: x`] })
      assert.equal(status, 400, name)
    }
    const many = Array.from({ length: 2_100 }, (_, index) => `a${index}: b`)
    assert.equal((await proxied.send('GET /public/', { more: [...many, 'Remote_User: root'] })).status, 400)
  })

  test('a method that a header names is judged, and a header that names none changes nothing', async () => {
    const told = await reach('GET /public/', { more: ['X-HTTP-Method-Override:'] })
    assert.deepEqual(named(told, 'X-HTTP-Method-Override'), [''])
    assert.equal((await proxied.send('GET /public/', { more: ['X-HTTP-Method-Override: NUKE'] })).status, 400)
  })

  test('HDR-07: says where the request comes from in our words alone', async () => {
    const claims = [
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: evil.test',
      'X-Forwarded-Uri: /public/',
      'Forwarded: for=x',
    ]
    const aliases = [
      'X_Forwarded_For: 6.6.6.6',
      'X.Forwarded.Proto: https',
      'X_Forwarded-Host: evil.test',
      'X_Real_IP: 6.6.6.6',
    ]
    const targets = [
      'X-Original-URL: /admin/',
      'X-Rewrite-URL: /admin/',
      'X_Rewrite_URL: /admin/',
      'X-Original-URI: /admin/',
    ]
    const others = ['X-Forwarded-Prefix: /admin', 'X-Forwarded-Server: x', 'X-Forwarded-Port: 1', 'X-Real-IP: 6.6.6.6']
    const told = await reach('GET /public/?a', { more: [...claims, ...aliases, ...targets, ...others] })
    const from = told.rawHeaders.filter((_, place, all) =>
      /^(x.forwarded|x.original|x.rewrite|x.real|forwarded)/i.test(all[place - (place % 2)] ?? ''),
    )
    const address = ['X-Forwarded-For', '127.0.0.1', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'localhost']
    assert.deepEqual(from, [...address, 'X-Forwarded-Method', 'GET', 'X-Forwarded-Uri', '/public/?a'])
  })

  test('IP: tells the client that trusted proxies name, and refuses what can not be read', async () => {
    assert.deepEqual(
      named(await reach('GET /', { more: ['X-Forwarded-For: 6.6.6.6, 203.0.113.7'] }), 'X-Forwarded-For'),
      ['203.0.113.7'],
    )
    assert.equal((await proxied.send('GET /public/', { more: ['X-Forwarded-For: 1.2.3.4, junk'] })).status, 400)
  })

  test('HDR-07: the Connection header can take away neither identity nor anything of ours', async () => {
    const told = await reach('GET /', {
      more: [
        'Connection: Remote-User, X-Forwarded-For, Remote-Groups, X-Own, Host',
        'X-Own: 1',
        'Keep-Alive: 5',
        'TE: trailers',
      ],
    })
    assert.deepEqual(named(told, 'Remote-User'), ['alice'])
    assert.deepEqual(named(told, 'Remote-Groups'), ['user'])
    assert.deepEqual(named(told, 'X-Forwarded-For'), ['127.0.0.1'])
    for (const name of ['X-Own', 'Keep-Alive', 'TE']) assert.deepEqual(named(told, name), [], name)
  })

  test('HDR-17: never holds our cookies; others stay', async () => {
    const more = [
      'Cookie: a=1; postern_pre=x; POSTERN_app=y; b="2"',
      'Cookie: __Host-postern=z; c=3; __Secure-postern=w',
    ]
    const told = await reach('GET /', { more })
    assert.equal(named(told, 'Cookie').join('; '), 'a=1; b="2"; c=3')
  })

  test('a path that some server takes for a closed one is as closed, and one that nobody can read is refused', async () => {
    const seen = echo.requests.length
    for (const path of ['/public/../admin/', '/public/%2e%2e/admin', '//admin/', '/public/..;/admin']) {
      const { status } = await proxied.send(`GET ${path}`)
      assert.ok(status === 401 || status === 403, `${path}: ${status}`)
    }
    for (const path of [
      '/a%00',
      '/a\\b',
      '/public/../a/../admin',
      '/public/#/x',
      '*',
      'http://localhost/public/',
      'http://evil.test/public/',
    ]) {
      assert.equal((await proxied.send(`GET ${path}`)).status, 400, path)
    }
    assert.equal(echo.requests.length, seen)
  })

  test('HOST: a host that is missing, doubled or of no app is not let through', async () => {
    const seen = echo.requests.length
    assert.equal((await proxied.send('GET /public/', { host: 'evil.test' })).status, 403)
    assert.equal((await proxied.send('GET /public/', { more: ['Host: localhost'] })).status, 400)
    assert.equal((await proxied.send('GET /public/', { host: 'localhost@evil.test' })).status, 400)
    assert.equal(rawStatus(await rawRequest(proxied.port, 'GET /public/ HTTP/1.0\r\n\r\n')), 400)
    assert.equal(
      rawStatus(await rawRequest(proxied.port, 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n')),
      null,
    )
    assert.equal(echo.requests.length, seen)
  })

  test('what is for Postern stays with Postern, however it is asked for', async () => {
    const seen = echo.requests.length
    for (const path of [
      '/.postern',
      '/.postern/',
      '/.postern/none',
      '/.postern/%6cogin',
      '/.postern?x',
      '/.postern/../x',
    ]) {
      const { status } = await proxied.send(`GET ${path}`)
      assert.ok([200, 302, 400, 404].includes(status), `${path} ${status}`)
      assert.equal(echo.requests.length, seen, path)
    }
    const upgrade = ['Upgrade: websocket', 'Sec-WebSocket-Key: x', 'Connection: Upgrade']
    assert.equal((await proxied.send('GET /.postern/login', { more: upgrade })).status, 200)
    assert.equal(echo.requests.length, seen)
  })
})
