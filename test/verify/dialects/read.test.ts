import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { suiteCleanup } from '../../support/app.ts'
import { expectedOf, FAMILIES, openFamilies, verdictOf } from './families.ts'
import type { Family, Listener, Original } from './families.ts'

type Case = readonly [id: string, original: Original, verdict: string]

const PUBLIC = { uri: '/public/a' }
const ADMIN = { uri: '/admin/' }

/** One case for each header line that is sent beside the proxy's own. */
function beside(id: string, original: Original, verdict: string, lines: readonly string[]): Case[] {
  return lines.map((line) => [id, { ...original, more: [line] }, verdict])
}

/** What other families read, and what none does. */
const FOREIGN = [
  'X-Original-Method: GET',
  'X-Original-Proto: http',
  'X-Original-Host: open.example.com',
  'X-Original-URI: /public/a',
  'X-Original-URL: https://open.example.com/public/a',
  'X-Real-IP: 10.20.0.1',
  'X-Forwarded-Method: GET',
  'X-Forwarded-Proto: http',
  'X-Forwarded-Host: open.example.com',
  'X-Forwarded-Uri: /public/a',
  'X-Forwarded-For: 10.20.0.1',
  'Path: /public/a',
  'Method: GET',
  'X-Forwarded-Path: /public/a',
  'X-Forwarded-Prefix: /public',
  'X-Forwarded-Port: 1',
  'X-Forwarded-Server: open.example.com',
  'X-Rewrite-URL: /public/a',
  'X-Auth-Request-Redirect: /public/a',
  'X-Envoy-Original-Path: /public/a',
  'X-HTTP-Method-Override: GET',
  'Forwarded: for=10.20.0.1;host=open.example.com;proto=http',
  'X_Forwarded_Uri: /public/a',
  'X.Original.URI: /public/a',
  'User-Agent: kube-probe/1.29',
  '__proto__: x',
]

/** FWD-04, FWD-05, FWD-07, FWD-13: each alone, where the family itself doesn't read it; then nothing changes. */
function foreignCases(family: Family): Case[] {
  const own = new Set([...family.mandatory, ...(family.hasHops ? ['X-Forwarded-For'] : [])])
  const foreign = FOREIGN.filter((line) => !own.has(line.split(':')[0] ?? ''))
  return [
    ...beside('FWD-04', ADMIN, 'sign_in', foreign),
    ...beside('FWD-04', { ...ADMIN, method: 'POST' }, 'sign_in', foreign),
    ...beside('IP-07', { uri: '/lan/a', host: 'net.example.com', app: 'net' }, 'forbid', foreign),
  ]
}

/** FWD-11: each of the family's own, gone, empty or doubled; even for what everybody may open. */
function mandatoryCases(family: Family): Case[] {
  const value: Readonly<Record<string, string>> = {
    'X-Original-URL': 'https://app.example.com/public/a',
    Host: 'app.example.com',
  }
  return family.mandatory.flatMap((name): Case[] => [
    // Node itself answers a request without Host.
    ...(name === 'Host' ? [] : [['missing', { ...PUBLIC, without: [name] }, 'refuse'] as const]),
    ['empty', { ...PUBLIC, without: [name], more: [`${name}:`] }, 'refuse'],
    ['blank', { ...PUBLIC, without: [name], more: [`${name}: \t `] }, 'refuse'],
    ...(name === 'X-Forwarded-For' ? [] : beside('doubled', PUBLIC, 'refuse', [`${name}: ${value[name] ?? 'GET'}`])),
    ...(name === 'X-Forwarded-For' ? [] : beside('doubled', PUBLIC, 'refuse', [`${name.toLowerCase()}:`])),
  ])
}

const IDENTITY: readonly Case[] = [
  ...beside('HDR-01', PUBLIC, 'refuse', ['Remote-User: admin', 'remote-user: x', 'REMOTE-USER:', 'Remote-Groups: x']),
  ...beside('HDR-02', PUBLIC, 'refuse', ['Remote_User: x', 'Remote.User: x', 'Remote--User: x', 'X_WebAuth.User: x']),
  ...beside('HDR-02', PUBLIC, 'refuse', ['X-Postern-Assertion: x', 'x_postern_secret: x', 'X-Postern-Location: /']),
  ...beside('HDR-02', PUBLIC, 'anon', ['Remote-Users: x', 'X-Remote-User: x', 'X-Webauth: x']),
]

const HOSTS: readonly Case[] = [
  ...['APP.example.com', 'app.example.com.', 'app.example.com:443'].map((host): Case => [
    'HOST-01',
    { ...PUBLIC, host },
    'anon',
  ]),
  ...['open.example.com', 'evil.example', 'app.example.com:8443', 'a.app.example.com', '127.0.0.1', '[::1]'].map(
    (host): Case => ['HOST-11', { ...PUBLIC, host }, 'refuse'],
  ),
  ...['app.example.com:', 'app.example.com:80:80', 'app.example.com;', 'app.example.com,open.example.com'].map(
    (host): Case => ['HOST-04', { ...PUBLIC, host }, 'refuse'],
  ),
  ...['app.example.com@evil', '.app.example.com', 'app..example.com', 'app_x.example.com', '%61pp.example.com'].map(
    (host): Case => ['HOST-07', { ...PUBLIC, host }, 'refuse'],
  ),
]

const PATHS: readonly Case[] = [
  ...['/public', '/public/', '/public/a.css', '/public/a?b=/../admin&c=%'].map((uri): Case => [
    'PATH-01',
    { uri },
    'anon',
  ]),
  ...['/public/../admin/', '/public/%2e%2e/admin/', '/public/..%2fadmin', '/public/..;/admin', '//admin/'].map(
    (uri): Case => ['PATH-04', { uri }, 'sign_in'],
  ),
  ...['/a\\b', '/a"', '/a%00', '/a%0a', '/a#b', '/public/a#'].map((uri): Case => ['PATH', { uri }, 'refuse']),
]

const METHODS: readonly Case[] = [
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method): Case => [
    'METH',
    { ...PUBLIC, method },
    'anon',
  ]),
  ...['PROPFIND', 'MKCALENDAR', 'PURGE'].map((method): Case => ['METH', { uri: '/dav/a', method }, 'anon']),
  ...['TRACE', 'PROPFIND', 'QUERY', 'REPORT', 'LOCK', 'MKCOL'].map((method): Case => [
    'METH-04',
    { ...PUBLIC, method },
    'forbid',
  ]),
]

for (const family of FAMILIES) {
  suite(`a request in the words of ${family.name}`, () => {
    const cleanup = suiteCleanup()
    let listener: Listener
    before(async () => {
      listener = await openFamilies(cleanup)
    })

    const holds = async (cases: readonly Case[]): Promise<void> => {
      for (const [id, original, verdict] of cases) {
        const told = await listener.ask(family, original)
        assert.equal(verdictOf(told), expectedOf(family, verdict), `${id} ${JSON.stringify(original)}`)
      }
    }

    test('is judged for whoever asks', async () => {
      const { alice, bob } = listener
      const originals = [ADMIN, { ...ADMIN, token: alice }, { ...ADMIN, token: bob }, { token: alice }, PUBLIC]
      const told = await Promise.all(originals.map((original) => listener.ask(family, original)))
      assert.deepEqual(told.map(verdictOf), ['sign_in', 'forbid', 'allow(bob)', 'allow(alice)', 'anon'])
    })

    test('no other header takes the place of one of its own', async () => {
      await holds(family.name === 'ngf' ? foreignCases(family).filter(([id]) => id !== 'IP-07') : foreignCases(family))
    })

    test('each of its own is there once, with a value', async () => {
      const logged = listener.logs().length
      await holds(mandatoryCases(family))
      const reasons = listener
        .logs()
        .slice(logged)
        .map(({ reason }) => reason)
      assert.deepEqual(new Set(reasons), new Set(['missing_header', 'doubled_header']))
    })
    test('nobody tells the app who he is', async () => holds(IDENTITY))
    test('its host is one of the app that the URL names', async () => holds(HOSTS))
    test('its path is read strictly and in every way', async () => {
      await holds(PATHS)
      // Where the path is part of our own URL, no route can be looked up for such a one.
      const verdict = family.name === 'ext-authz' ? 'forbid' : 'refuse'
      await holds(['/a%zz', '/a%', '/public/%c0%zz'].map((uri): Case => ['PATH', { uri }, verdict]))
    })
    test('its method is one of the closed list, and what moves files must be named', async () => holds(METHODS))
  })
}
