import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { suiteCleanup } from '../support/app.ts'
import { rawRequest, rawStatus } from '../support/http.ts'
import { openListener, verdictOf } from './ask.ts'
import type { Asked, Listener } from './ask.ts'

type Case = readonly [id: string, asked: Asked, verdict: string]

const MANDATORY = ['X-Original-Method', 'X-Original-Proto', 'X-Original-Host', 'X-Original-URI', 'X-Real-IP']
const ADMIN = { uri: '/admin/' }
const PUBLIC = { uri: '/public/a' }

/** One case for each header line that is sent beside the proxy's own. */
function beside(id: string, asked: Asked, verdict: string, ...lines: string[]): Case[] {
  return lines.map((line) => [id, { ...asked, more: [line] }, verdict])
}

const PROVENANCE: readonly Case[] = [
  ...beside(
    'FWD-04',
    ADMIN,
    'sign_in',
    'X-Forwarded-Uri: /public/a',
    'X-Original-URL: https://app.example.com/public/a',
  ),
  ...beside('FWD-04', ADMIN, 'sign_in', 'X-Rewrite-URL: /public/a', 'X-Forwarded-Prefix: /public'),
  ...beside('FWD-07', ADMIN, 'sign_in', 'X-Forwarded-Host: open.example.com', 'X-Host: x', 'X-Forwarded-Server: x'),
  ...beside('FWD-07', ADMIN, 'sign_in', 'Forwarded: host=x;for=10.0.0.1', 'X-HTTP-Method-Override: GET'),
  ...beside('FWD-07', PUBLIC, 'no', 'X-HTTP-Method-Override: NUKE', 'X-Http-Method: GET,POST'),
  ...beside('FWD-07', PUBLIC, 'anon', 'X-HTTP-Method-Override:', 'X-Http-Method: \t '),
  ...beside('FWD-08', ADMIN, 'sign_in', 'X-Forwarded-Proto: http', 'X-Forwarded-Proto: gopher'),
  ...beside('FWD-13', ADMIN, 'sign_in', 'X_Original_URI: /public/a', 'X.Original.URI: /public/a'),
  ...beside('FWD-16', ADMIN, 'sign_in', 'User-Agent: kube-probe/1.29', 'User-Agent: GoogleHC/1.0'),
  ...beside('FWD-16', ADMIN, 'sign_in', 'User-Agent: ELB-HealthChecker/2.0', '__proto__: x', 'constructor: y'),
  ...MANDATORY.map((name): Case => ['FWD-11 missing', { ...PUBLIC, without: [name] }, 'no']),
  ...MANDATORY.map((name): Case => ['FWD-11 empty', { ...PUBLIC, without: [name], more: [`${name}:`] }, 'no']),
  ...MANDATORY.map((name): Case => ['FWD-11 blank', { ...PUBLIC, without: [name], more: [`${name}: \t `] }, 'no']),
  ...beside('FWD-11 doubled', PUBLIC, 'no', 'X-Original-Method: GET', 'x-original-method: GET'),
  ...beside('FWD-11 doubled', PUBLIC, 'no', 'X-Original-Host: app.example.com', 'X-Original-URI: /public/a'),
  ...beside('FWD-11 doubled', PUBLIC, 'no', 'X-Original-Proto: https', 'X-Real-IP: 203.0.113.7', 'X-Real-IP:'),
  ['scheme', { ...PUBLIC, proto: 'https' }, 'anon'],
  ...['ftp', 'HTTPS', 'https,https', 'wss', 'https:', ' '].map((proto): Case => ['scheme', { ...PUBLIC, proto }, 'no']),
]

const IDENTITY: readonly Case[] = [
  ...beside('HDR-01', PUBLIC, 'no', 'Remote-User: admin', 'remote-user: admin', 'REMOTE-USER:'),
  ...beside('HDR-02', PUBLIC, 'no', 'Remote_User: x', 'Remote.User: x', 'Remote--User: x', 'Remote-_.User: x'),
  ...beside('HDR-02', PUBLIC, 'no', 'Remote-Groups: x', 'Remote-Email: x', 'Remote-Name: x', 'Remote-User-Id: x'),
  ...beside('HDR-02', PUBLIC, 'no', 'Remote_User-Id: x', 'X-Postern-Decision: x', 'X_Postern_Secret: x'),
  ...beside('HDR-02', PUBLIC, 'no', 'X-Postern-Anything: x', "Remote'User: x", 'remote|groups: x', 'remote!email: x'),
  ...beside('HDR-02', PUBLIC, 'anon', 'Remote-Users: x', 'XRemote-User: x', 'RemoteUser: x', 'X-Remote-User: x'),
]

const ADDRESSES: readonly Case[] = [
  ...['a', 'unknown', '_hidden', '10.20.1.1:abc', '010.020.1.1', '10.20.1', '0x0a.20.1.1', '10.20.1.1%eth0'].map(
    (address): Case => ['IP-05', { ...PUBLIC, address }, 'no'],
  ),
  ...['10.20.1.1, 203.0.113.7', '10.20.1.1 203.0.113.7', '10.20.1.1/32', 'fe80::1%eth0', ':::', '1.2.3.4:0'].map(
    (address): Case => ['IP-05', { ...PUBLIC, address }, 'no'],
  ),
  ...['203.0.113.7', '2001:db8::1', '::ffff:1.2.3.4'].map((address): Case => ['IP', { ...PUBLIC, address }, 'anon']),
  ...beside('IP-07', PUBLIC, 'anon', 'X-Forwarded-For: junk', 'True-Client-IP: junk', 'CF-Connecting-IP: junk'),
]

suite('what a proxy says beside the original request', () => {
  const cleanup = suiteCleanup()
  let listener: Listener
  before(async () => {
    listener = await openListener(cleanup)
  })

  for (const [subject, cases] of Object.entries({ PROVENANCE, IDENTITY, ADDRESSES })) {
    test(`counts only where the dialect reads it: ${subject.toLowerCase()}`, async () => {
      for (const [id, asked, expected] of cases) {
        assert.equal(verdictOf(await listener.ask(asked)), expected, `${id} ${JSON.stringify(asked)}`)
      }
    })
  }

  test('HDR-02: an alias is refused wherever it stands among thousands of headers', async () => {
    const many = Array.from({ length: 2_100 }, (_, index) => `a${index}: b`)
    const told = await listener.ask({ token: listener.alice, more: [...many, 'Remote_User: admin'] })
    assert.equal(verdictOf(told), 'no')
    assert.equal(verdictOf(await listener.ask({ token: listener.alice, more: many })), 'allow(alice)')
  })

  test('HDR-10: an allow tells the whole identity, of a public path an empty one even for who is signed in', async () => {
    const { headers } = await listener.ask({ token: listener.bob })
    const identity = Object.fromEntries(headers.filter(([name]) => name.startsWith('remote-')))
    assert.deepEqual(
      { ...identity, 'remote-user-id': identity['remote-user-id']?.length },
      {
        'remote-user': 'bob',
        'remote-email': 'bob@example.com',
        'remote-name': 'bob',
        'remote-groups': 'admin,team',
        'remote-user-id': 36,
      },
    )
    assert.equal(verdictOf(await listener.ask({ ...PUBLIC, token: listener.bob })), 'anon')
  })

  test('HDR-13: a name of any script comes as ASCII that decodes to it', async () => {
    const name = 'Zoë 李 100 % "quoted" 😀'
    await listener.addUser('zoe', { name, password: null })
    const told = await listener.ask({ token: await listener.token('zoe') })
    assert.match(told.header('remote-name') ?? '', /^[\x20-\x7e]+$/)
    assert.equal(decodeURIComponent(told.header('remote-name') ?? ''), name)
  })

  test('METH-05: only GET and HEAD are taken, whatever body is announced', async () => {
    const port = listener.port
    const statuses = []
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND']) {
      for (const type of ['application/json', 'application/xml', 'text/plain']) {
        const answer = await statusOf(port, method, `Content-Type: ${type}\r\nContent-Length: 40000`)
        statuses.push(answer)
      }
    }
    assert.deepEqual([...new Set(statuses)], [405])
    assert.equal(verdictOf(await listener.ask({ via: 'HEAD', token: listener.alice })), 'allow(alice)')
  })

  test('ADM-14, FWD-14: there is nothing else on the verify listener', async () => {
    const paths = [
      '/',
      '/metrics',
      '/health',
      '/.postern/login',
      '/verify',
      '/verify/',
      '/verify/ext-authz',
      '/verify/ext-authz/',
      '/verify/ngf',
      '/verify/ingress-nginx',
      '/VERIFY/nginx',
    ]
    for (const path of [...paths, '/verify/nginx/', '/verify/nginx/app', '/verify//nginx', '/verify/nginx;x']) {
      const { statusCode } = await listener.verify.inject({ url: path })
      assert.equal(statusCode, 404, path)
    }
  })
})

async function statusOf(port: number, method: string, headers: string): Promise<number | null> {
  const text = `${method} /verify/nginx HTTP/1.1\r\nHost: x\r\n${headers}\r\nConnection: close\r\n\r\n`
  return rawStatus(await rawRequest(port, text, { until: '\r\n\r\n' }))
}
