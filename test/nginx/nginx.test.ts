import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { headerValues, type EchoedRequest } from '../support/echo-app.ts'
import { startPlace } from './place.ts'

const FORGED = [
  'Remote-User: root',
  'remote-user: root',
  'Remote-Email: root@example.com',
  'Remote-Name: Root',
  'Remote-Groups: postern-admin',
  'Remote-User-Id: 1',
  'Remote_User: root',
  'Remote.Groups: postern-admin',
  'X-Postern-Assertion: forged',
  'X-Postern-Secret: forged',
  'X-Postern-Location: https://evil.example/',
  'X-Postern-Decision: forged',
  'X-Original-Method: GET',
  'X-Original-Proto: http',
  'X-Original-Host: evil.example',
  'X-Original-URI: /public',
  'X-Original-URL: https://evil.example/public',
  'X-Rewrite-URL: /public',
  'X-Real-IP: 192.0.2.1',
  'X-Forwarded-For: 192.0.2.1',
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Method: GET',
  'X-Forwarded-Port: 1',
  'X-Forwarded-Prefix: /public',
  'X-Forwarded-Proto: http',
  'X-Forwarded-Server: evil.example',
  'X-Forwarded-Uri: /public',
  'Forwarded: for=192.0.2.1',
]
const HONEST = [
  'Accept: text/html',
  'Authorization: Bearer t',
  'Sec-Fetch-Mode: navigate',
  'X-Requested-With: XMLHttpRequest',
  'Accept-Language: en',
]
const POST = ['POST /admin?x=1&y=%2F HTTP/1.1', 'Host: app.example.com', 'Connection: close', 'Content-Length: 5']

for (const kind of ['tcp', 'unix'] as const) {
  test(`over ${kind} the gateway hears the proxy's words of a forged request, and no one else's`, async (t) => {
    const { gateway, raw } = await startPlace(t, kind === 'unix' ? { socketPath: socketPath(t) } : {})
    const cookies = ['Cookie: a=1; __Host-postern=t', 'Cookie: b=2']
    const received = await raw([...POST, ...HONEST, ...cookies, ...FORGED], 'hello')
    assert.match(received, /^HTTP\/1\.1 200 /)
    assert.deepEqual(gateway.requests.map(withSortedHeaders), [
      {
        method: 'HEAD',
        url: '/verify/nginx/app/app',
        bodyBytes: 0,
        headers: [
          'Accept-Language: en',
          'Accept: text/html',
          'Authorization: Bearer t',
          'Cookie: a=1; __Host-postern=t',
          'Cookie: b=2',
          'Host: postern',
          'Sec-Fetch-Mode: navigate',
          'X-Original-Host: app.example.com',
          'X-Original-Method: POST',
          'X-Original-Proto: https',
          'X-Original-URI: /admin?x=1&y=%2F',
          'X-Real-IP: 127.0.0.1',
          'X-Requested-With: XMLHttpRequest',
        ],
      },
    ])
  })
}

test('the app gets the identity that the gateway gave, and nothing that the visitor forged', async (t) => {
  const { nginx, app, raw } = await startPlace(t)
  await raw([...POST, ...HONEST, 'Cookie: a=1; __Host-postern=t', 'Cookie: b=2', ...FORGED], 'hello')
  assert.deepEqual(app.requests.map(withSortedHeaders), [
    {
      method: 'POST',
      url: '/admin?x=1&y=%2F',
      bodyBytes: 5,
      headers: [
        'Accept-Language: en',
        'Accept: text/html',
        'Authorization: Bearer t',
        'Content-Length: 5',
        'Cookie: a=1; b=2',
        'Host: app.example.com',
        'Remote-Email: alice@example.com',
        'Remote-Groups: staff,wiki',
        'Remote-Name: Alice%20A.',
        'Remote-User-Id: 7',
        'Remote-User: alice',
        'Sec-Fetch-Mode: navigate',
        'X-Forwarded-For: 127.0.0.1',
        'X-Forwarded-Host: app.example.com',
        `X-Forwarded-Port: ${nginx.httpsPort}`,
        'X-Forwarded-Proto: https',
        'X-Real-IP: 127.0.0.1',
        'X-Requested-With: XMLHttpRequest',
      ],
    },
  ])
})

test('a visitor without identity reaches the app without any, whatever he claims', async (t) => {
  const { gateway, app, raw } = await startPlace(t)
  gateway.answerWith({ status: 200, headers: { 'Remote-User': '', 'Remote-Groups': '' } })
  await raw(['GET / HTTP/1.1', 'Host: app.example.com', 'Connection: close', ...FORGED])
  const names = app.requests[0]?.rawHeaders.filter((_, place) => place % 2 === 0) ?? []
  assert.deepEqual(
    names.filter((name) => /^remote|^x-postern/i.test(name)),
    [],
  )
})

const OURS = ['__Host-postern', '__Host-postern_app', '__Host-postern_state', '__Host-postern_csrf', '__Secure-postern']
const COOKIES: readonly (readonly [sent: string, kept: string | null])[] = [
  ['a=1; b="x y"; c', 'a=1; b="x y"; c'],
  ['x__Host-postern=1; posterns=2; __Host-other=3', 'x__Host-postern=1; posterns=2; __Host-other=3'],
  ['postern=t; a=1; postern_pre=x; postern_app =y; b=2', 'a=1; b=2'],
  ['postern; postern-x=1; my_postern=2', 'postern; postern-x=1; my_postern=2'],
  ...OURS.flatMap((name): [string, string | null][] => [
    [`${name}=t`, null],
    [`${name}=t; b=2`, 'b=2'],
    [`a=1; ${name}=t`, 'a=1'],
    [`a=1; ${name}=t; b=2`, 'a=1; b=2'],
    [`a=1;${name}=t;b=2`, 'a=1;b=2'],
  ]),
  [OURS.map((name) => `${name}=t`).join('; '), null],
  [`a=0; ${OURS.map((name, place) => `${name}=t; a=${place + 1}`).join('; ')}`, 'a=0; a=1; a=2; a=3; a=4; a=5'],
  [`a=1; \t __Host-postern=t;\t__Host-postern=u; b=2`, 'a=1; b=2'],
  ['__Host-postern; a=1; __Host-postern =t; b=2', 'a=1; b=2'],
  ['; a=1;; __Host-postern=t', '; a=1;'],
  [`${'a=1; __Host-postern=t; '.repeat(40)}b=2`, null],
]

test('our cookies never reach the app, the others do as they were', async (t) => {
  const { app, visit } = await startPlace(t)
  for (const [sent, kept] of COOKIES) {
    await visit('/', { headers: { cookie: sent } })
    const got = headerValues(app.requests.at(-1)?.rawHeaders ?? [], 'cookie')
    assert.deepEqual(got, kept === null ? [] : [kept], sent)
  }
})

test('the gateway gets the secret that the site sets, the app never does, and nginx warns of nothing', async (t) => {
  const { gateway, app, raw, nginx } = await startPlace(t, { secret: 'a-secret-of-the-site' })
  await raw(['GET / HTTP/1.1', 'Host: app.example.com', 'Connection: close', 'X-Postern-Secret: forged'])
  assert.deepEqual(headerValues(gateway.requests[0]?.rawHeaders ?? [], 'x-postern-secret'), ['a-secret-of-the-site'])
  assert.deepEqual(headerValues(app.requests[0]?.rawHeaders ?? [], 'x-postern-secret'), [])
  assert.doesNotMatch(nginx.judge(), /\[warn\]|\[emerg\]/)
})

test('a visitor can not ask the gateway himself', async (t) => {
  const { gateway, visit } = await startPlace(t)
  for (const path of ['/.postern/verify', '/.postern/verify?x=1', '/x/../.postern/%76erify']) {
    assert.equal((await visit(path)).status, 404, path)
  }
  assert.deepEqual(gateway.requests, [])
})

test('the portal answers below /.postern/ without the gateway being asked', async (t) => {
  const { gateway, portal, raw } = await startPlace(t)
  const head = ['POST /.postern/login?x=%2F HTTP/1.1', 'Host: app.example.com', 'Connection: close']
  const chunked = ['Transfer-Encoding: chunked', 'Upgrade: websocket', 'Cookie: __Host-postern=t', ...FORGED]
  assert.match(
    await raw([...head, 'X-Request-Id: planted', ...chunked], '5\r\nhello\r\n0\r\n\r\n'),
    /^HTTP\/1\.1 200 .*portal/s,
  )
  assert.deepEqual(gateway.requests, [])
  const [asked] = portal.requests.map(withSortedHeaders)
  assert.deepEqual([asked?.method, asked?.url, asked?.bodyBytes], ['POST', '/.postern/login?x=%2F', 5])
  assert.deepEqual(
    asked?.headers
      .filter((line) => !line.startsWith('X-Forwarded-Port'))
      .map((line) => line.replace(/^(X-Request-Id: )[0-9a-f]{32}$/, '$1of nginx')),
    [
      'Content-Length: 5',
      'Cookie: __Host-postern=t',
      'Host: app.example.com',
      'X-Forwarded-For: 127.0.0.1',
      'X-Forwarded-Host: app.example.com',
      'X-Forwarded-Proto: https',
      'X-Real-IP: 127.0.0.1',
      'X-Request-Id: of nginx',
    ],
  )
})

test('of the portal one address alone takes a WebSocket', async (t) => {
  const { portal, raw } = await startPlace(t)
  const head = ['Host: app.example.com', 'Connection: close', 'Upgrade: websocket']
  for (const path of ['/.postern/api/v2/events', '/.postern/login', '/.postern/api/v2/events/x'])
    await raw([`GET ${path} HTTP/1.1`, ...head])
  const upgrades = portal.requests.map(({ rawHeaders }) => headerValues(rawHeaders, 'upgrade').join())
  assert.deepEqual(upgrades, ['websocket', '', ''])
})

test('neither queries nor cookies nor links in mails get into the access log', async (t) => {
  const { nginx, visit } = await startPlace(t)
  const headers = { cookie: '__Host-postern=planted', authorization: 'Bearer planted', referer: 'https://x/?planted' }
  for (const path of ['/a?token=planted', '/.postern/reset/planted', '/.postern/invite/planted?x=planted']) {
    await visit(path, { headers })
  }
  const log = nginx.accessLog()
  assert.match(log, /GET "app\.example\.com\/a" /)
  assert.match(log, /GET "app\.example\.com\/\.postern\/reset" /)
  assert.doesNotMatch(log, /planted/)
})

function socketPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-socket-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'verify.sock')
}

function withSortedHeaders(request: EchoedRequest): Omit<EchoedRequest, 'rawHeaders'> & { headers: string[] } {
  const { rawHeaders, ...rest } = request
  const lines = rawHeaders.flatMap((name, place) => (place % 2 === 0 ? [`${name}: ${rawHeaders[place + 1]}`] : []))
  return { ...rest, headers: lines.sort() }
}
