import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Finding } from '../../src/doctor/finding.ts'
import { checkHosts, checkServedHost } from '../../src/doctor/host-checks.ts'
import { checkClaims, checkForgery } from '../../src/doctor/identity-checks.ts'
import { checkNamers, checkPaths } from '../../src/doctor/path-checks.ts'
import { readReply } from '../../src/doctor/reply.ts'
import { checkEntrance, checkOwnPages, checkScheme } from '../../src/doctor/setup-checks.ts'
import { signInAt } from '../../src/doctor/sign-in.ts'
import { createAsk } from '../../src/doctor/site.ts'
import type { Site } from '../../src/doctor/site.ts'
import { checkBody, checkOverlong, checkUpgrade } from '../../src/doctor/traffic-checks.ts'

type Check = (site: Site) => Promise<readonly Finding[]>
type Answer = (request: IncomingMessage, response: ServerResponse) => void

const SIGN_IN: Answer = (_request, response) =>
  void response.writeHead(302, { location: '/.postern/start?rd=%2F' }).end()
const PASS: Answer = (_request, response) => void response.end('the app')
const COOKIE = 'postern=a-session'

/** Proxies that are wrong in one way each, which no real one needs to be made to be. */
const PROXIES: readonly (readonly [what: string, check: Check, answer: Answer, found: string])[] = [
  ['believes a name with underscores', checkClaims, when(({ headers }) => 'remote_user' in headers), 'claim_believed'],
  [
    'takes a method from a header',
    checkNamers,
    when(({ headers }) => headers['x-forwarded-method'] === 'OPTIONS'),
    'named_path',
  ],
  [
    'takes a client for a neighbour',
    checkNamers,
    when(({ headers }) => headers['x-real-ip'] === '127.0.0.1'),
    'named_path',
  ],
  ['reads paths without dots', checkPaths, when(({ url = '' }) => url.startsWith('/public/..%2f')), 'path_reading'],
  ['reads capital letters', checkPaths, when(({ url }) => url === '/FILES'), 'path_reading'],
  ['serves any host', checkHosts, when(({ headers }) => headers.host === 'doctor.invalid'), 'host_open'],
  [
    'sends visitors to any host',
    checkHosts,
    redirectTo(({ headers }) => `http://${headers.host}/.postern/start`),
    'host_reflected',
  ],
  ['opens sockets for nobody', checkUpgrade, when(({ headers }) => headers.upgrade === 'websocket'), 'open_socket'],
  ['takes forms from nobody', checkBody, when(({ method }) => method === 'POST'), 'open_post'],
  ['falls over bodies', checkBody, failing(({ method }) => method === 'POST'), 'body_breaks'],
  [
    'takes small bodies',
    checkBody,
    (request, response) => void response.writeHead(request.method === 'POST' ? 413 : 302).end(),
    'body_limit',
  ],
  ['leads elsewhere', checkEntrance, redirectTo(() => '/en/'), 'other_redirect'],
  ['sends programs to a page', checkEntrance, SIGN_IN, 'program_not_told'],
  [
    'leads to another origin',
    checkEntrance,
    redirectTo(() => 'https://app.example.com/.postern/start'),
    'other_origin',
  ],
  ['has no gateway', checkEntrance, failing(() => true), 'gateway_fault'],
  ['knows nothing of our pages', checkOwnPages, PASS, 'not_routed'],
]

for (const [what, check, answer, id] of PROXIES) {
  test(`a proxy that ${what} is found`, async (t) => {
    const findings = await check(await openSite(t, answer))
    assert.ok(
      findings.some((finding) => finding.id === id && finding.change !== ''),
      JSON.stringify(findings),
    )
  })
}

test('a proxy that sends everybody to sign in is found wrong in nothing', async (t) => {
  const site = await openSite(t, (request, response) => {
    if (request.headers['x-requested-with'] === undefined) SIGN_IN(request, response)
    else response.writeHead(401).end()
  })
  for (const check of [
    checkEntrance,
    checkClaims,
    checkNamers,
    checkPaths,
    checkHosts,
    checkServedHost,
    checkBody,
    checkOverlong,
  ]) {
    const findings = await check(site)
    assert.deepEqual(
      findings.filter(({ level }) => level !== 'fine'),
      [],
    )
  }
})

test('what an app does not show is said not to be checked, and is not called fine', async (t) => {
  const findings = await checkForgery({ ...(await openSite(t, PASS)), cookie: COOKIE })
  assert.deepEqual(
    findings.map(({ id, level }) => [id, level]),
    [['forged_headers', 'unchecked']],
  )
})

test('a sign-in that leads back to its form is told to be one that does not hold', async (t) => {
  const { url } = await openSite(t, ({ method }, response) => {
    if (method === 'POST') response.writeHead(303, { location: '/files' }).end()
    else response.end('<input type="hidden" name="csrf" value="x">')
  })
  const outcome = await signInAt({ url, connectTo: null, insecure: false }, 'alice', 'x')
  assert.match(JSON.stringify(outcome), /^"Signing in led back to the form at 127\.0\.0\.1:\d+/)
})

test('what a proxy answers can neither reach the terminal as it is, nor go on for ever', async (t) => {
  const evil = await openSite(
    t,
    (_request, response) => void response.writeHead(302, { location: '/\xff\x80[2J' }).end(),
  )
  assert.equal((await evil.ask({})).told, '302 to /??[2J')
  const endless = await openSite(t, (_request, response) => {
    const more = setInterval(() => response.write('x'.repeat(100_000)), 1)
    response.on('close', () => clearInterval(more))
  })
  const { body, kind } = await endless.ask({})
  assert.deepEqual([kind, body.length > 1_000_000, body.length < 3_000_000], ['passed', true, true])
})

test('http is wrong but on localhost', () => {
  const levels = ['http://app.example.com/', 'http://localhost/', 'https://app.example.com/'].map((url) =>
    checkScheme({ url: new URL(url) }).map(({ id }) => id),
  )
  assert.deepEqual(levels, [['no_tls'], [], []])
})

test('answers are read whole, whatever their framing, and not before', () => {
  const cases: readonly (readonly [received: string, ended: boolean, body: string | null])[] = [
    ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd', false, 'abc'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab', false, null],
    ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab', true, 'ab'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n', false, 'abc'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n', false, null],
    ['HTTP/1.1 200 OK\r\n\r\nabc', false, null],
    ['HTTP/1.1 200 OK\r\n\r\nabc', true, 'abc'],
    ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n', false, ''],
    ['HTTP/1.1 101 Switching\r\n\r\nxyz', false, ''],
    ['HTTP/1.1 200 OK\r\n', true, null],
    ['SSH-2.0\r\n\r\n', true, null],
  ]
  for (const [received, ended, body] of cases) assert.equal(readReply(received, ended)?.body ?? null, body, received)
})

/** Lets in what fits, and sends all else to sign in. */
function when(fits: (request: IncomingMessage) => boolean): Answer {
  return (request, response) => (fits(request) ? PASS : SIGN_IN)(request, response)
}

function failing(fits: (request: IncomingMessage) => boolean): Answer {
  return (request, response) => {
    if (fits(request)) response.writeHead(500).end()
    else SIGN_IN(request, response)
  }
}

function redirectTo(where: (request: IncomingMessage) => string): Answer {
  return (request, response) => void response.writeHead(302, { location: where(request) }).end()
}

async function openSite(t: TestContext, answer: Answer): Promise<Site> {
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    request.resume()
    answer(request, response)
  })
  server.on('upgrade', (request: IncomingMessage, socket) => {
    const passes = answer !== SIGN_IN && request.headers.upgrade === 'websocket'
    socket.end(`HTTP/1.1 ${passes ? '101 Switching Protocols' : '401 No'}\r\nConnection: close\r\n\r\n`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/files`)
  const ask = createAsk({ url, connectTo: null, insecure: false })
  return { url, page: '/files', openPage: '/public/', cookie: null, ask }
}
