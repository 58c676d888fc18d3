import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { suiteCleanup } from '../../support/app.ts'
import { rawRequest, rawStatus } from '../../support/http.ts'
import { readAnswer } from '../ask.ts'
import { FAMILIES, openFamilies, verdictOf } from './families.ts'
import type { Family, Listener, Original } from './families.ts'

const LAN = { uri: '/lan/a', host: 'net.example.com', app: 'net' }

suite('one family', () => {
  const cleanup = suiteCleanup()
  let listener: Listener
  before(async () => {
    listener = await openFamilies(cleanup, { env: { POSTERN_TRUSTED_PROXIES: '127.0.0.1/32, 192.0.2.0/24' } })
  })
  const verdict = async (name: string, original: Original): Promise<string> =>
    verdictOf(await listener.ask(familyOf(name), original))

  for (const name of ['forward', 'ext-authz']) {
    test(`IP-01 to IP-08: ${name} walks through hops from the right, as far as they are trusted`, async () => {
      const cases: readonly (readonly [address: string, expected: string, more?: readonly string[]])[] = [
        ['203.0.113.7', 'forbid'],
        ['10.20.1.1', 'anon'],
        ['::ffff:10.20.1.1', 'anon'],
        ['[::ffff:10.20.1.1]:5000', 'anon'],
        ['10.20.1.1:5000', 'anon'],
        ['10.20.1.1, 203.0.113.7', 'forbid'],
        ['10.20.1.1, 192.0.2.1', 'anon'],
        ['junk, 10.20.1.1', 'anon'],
        ['203.0.113.7, 10.20.1.1, 192.0.2.1,192.0.2.2', 'anon'],
        ['10.20.1.1, 203.0.113.7, 192.0.2.1', 'forbid'],
        ['10.20.1.1', 'forbid', ['X-Forwarded-For: 203.0.113.7']],
        ['203.0.113.7', 'anon', ['X-Forwarded-For: 10.20.1.1']],
        ['10.20.1.1', 'anon', ['X-Forwarded-For: 192.0.2.1', 'x-forwarded-for: 192.0.2.2']],
        ['10.20.1.1', 'refuse', ['X-Forwarded-For:']],
        [`${'203.0.113.7, '.repeat(999)}10.20.1.1`, 'anon'],
        [`10.20.1.1${', 192.0.2.1'.repeat(1_000)}`, 'forbid'],
        ...[
          'a',
          'unknown',
          '_hidden',
          '10.20.1.1:abc',
          '010.020.1.1',
          '10.20.1',
          '0x0a.20.1.1',
          '10.20.1.1%eth0',
          '"10.20.1.1"',
          '10.20.1.1,',
          ',',
          '10.20.1.1 192.0.2.1',
        ].map((address) => [address, 'refuse'] as const),
      ]
      for (const [address, expected, more = []] of cases) {
        assert.equal(await verdict(name, { ...LAN, address, more }), expected, `${address.slice(0, 60)} ${more.join()}`)
      }
    })
  }

  for (const name of ['nginx', 'ingress-nginx']) {
    test(`${name} names one address, never a list`, async () => {
      const expected = { '203.0.113.7': 'forbid', '10.20.1.1': 'anon', '10.20.1.1, 192.0.2.1': 'forbid', a: 'forbid' }
      for (const [address, verdictWanted] of Object.entries(expected)) {
        assert.equal(await verdict(name, { ...LAN, address }), verdictWanted, address)
      }
      const { alice } = listener
      assert.equal(await verdict(name, { address: '10.20.1.1, 192.0.2.1', token: alice }), 'forbid')
    })
  }

  test('ngf never tells the address, so an app with rules for networks is refused whatever else is sent', async () => {
    for (const more of [[], ['X-Real-IP: 10.20.1.1'], ['X-Forwarded-For: 10.20.1.1']]) {
      assert.equal(await verdict('ngf', { ...LAN, more }), 'forbid')
      assert.equal(await verdict('ngf', { ...LAN, uri: '/', more }), 'forbid')
    }
  })

  test('a scheme is http or https; that of a WebSocket is known to the family of Traefik alone', async () => {
    for (const family of FAMILIES.filter(({ name }) => name !== 'ngf')) {
      for (const proto of ['http', 'https', 'ws', 'wss', 'HTTPS', 'ftp', 'https,https', 'https:']) {
        const known = proto === 'http' || proto === 'https' || (family.name === 'forward' && /^wss?$/.test(proto))
        const told = await listener.ask(family, { uri: '/public/a', proto })
        assert.equal(told.status, known ? 200 : family.isNginx ? 403 : 400, `${family.name} ${proto}`)
      }
    }
  })

  test("the app must stand in the URL where the host is not the proxy's own word", async () => {
    for (const family of FAMILIES) {
      const asked = await rawRequest(listener.port, bytesWithout(family))
      const expected = { nginx: 200, forward: 200 }[family.name] ?? 404
      assert.equal(rawStatus(asked), expected, family.name)
    }
  })

  test('an app that is unknown or another one than the host belongs to refuses', async () => {
    for (const family of FAMILIES) {
      for (const app of ['open', 'net', 'nobody', 'WIKI', '%77iki%00', '__proto__', 'constructor']) {
        const told = await listener.ask(family, { uri: '/public/a', app })
        assert.equal(told.status, family.isNginx ? 403 : 400, `${family.name} ${app}`)
      }
    }
  })

  test('ingress-nginx: a URL is one scheme, one host and one target, or refused', async () => {
    const urls = [
      'https://app.example.com',
      'https://app.example.com?x=/public/a',
      'https://app.example.com#/public/a',
      'https://app.example.com\\/public/a',
      'https://evil@app.example.com/public/a',
      'https:///public/a',
      'https:/app.example.com/public/a',
      '//app.example.com/public/a',
      ' https://app.example.com/public/ a',
      'xhttps://app.example.com/public/a',
      'https://app.example.com:443:443/public/a',
      '/public/a',
    ]
    for (const url of urls) {
      const more = [`X-Original-URL: ${url}`]
      assert.equal(await verdict('ingress-nginx', { without: ['X-Original-URL'], more }), 'forbid', url)
    }
    const more = ['X-Original-URL: https://app.example.com:443/public/a?b=https://x/']
    assert.equal(await verdict('ingress-nginx', { without: ['X-Original-URL'], more }), 'anon')
  })

  test('ext-authz: the target is what follows the name of the app, byte for byte', async () => {
    const status = async (target: string): Promise<number | null> => {
      const head = [
        `GET ${target} HTTP/1.1`,
        'Host: app.example.com',
        'X-Forwarded-Proto: https',
        'X-Forwarded-For: 203.0.113.7',
      ]
      return rawStatus(await rawRequest(listener.port, `${head.join('\r\n')}\r\nConnection: close\r\n\r\n`))
    }
    const prefix = '/verify/ext-authz/app/wiki'
    const targets: readonly (readonly [target: string, status: number])[] = [
      [`${prefix}/public/a`, 200],
      [`${prefix}/public/a?b=/../c`, 200],
      [`${prefix}/public/a;b`, 200],
      [`${prefix}/`, 401],
      [`${prefix}//public/a`, 401],
      [`${prefix}/public/..%2f..%2f..%2fapp/open/public/a`, 400],
      [`${prefix}/verify/ext-authz/app/open/a`, 401],
      [`${prefix}/%2e%2e/open/public/a`, 401],
      [`${prefix}/../open/public/a`, 401],
      [prefix, 400],
      [`${prefix}?/public/a`, 400],
      [`${prefix}?x`, 400],
      [`${prefix}%2fpublic/a`, 400],
      ['/verify/ext-authz/app//public/a', 400],
      ['/verify/ext-authz/app/%77iki/public/a', 400],
      ['/verify/ext-authz/app/wiki;x/public/a', 400],
      ['/verify/ext-authz/%61pp/wiki/public/a', 400],
      ['http://app.example.com/verify/ext-authz/app/wiki/public/a', 400],
      ['/verify/ext-authz/public/a', 404],
      ['/verify/ext-authz', 404],
      ['/verify//ext-authz/app/wiki/public/a', 404],
      ['/x/../verify/ext-authz/app/wiki/public/a', 404],
    ]
    for (const [target, expected] of targets) assert.equal(await status(target), expected, target)
  })

  test('ext-authz: Envoy is told to remove what it would otherwise let the client tell', async () => {
    const removed = async (original: Original): Promise<string[]> => {
      const told = await listener.ask(familyOf('ext-authz'), original)
      return (told.header('x-envoy-auth-headers-to-remove') ?? '').toLowerCase().split(',')
    }
    const always = ['x-postern-assertion', 'x-postern-decision', 'x-postern-location', 'x-postern-secret']
    const identity = ['remote-user', 'remote-email', 'remote-name', 'remote-groups', 'remote-user-id', 'x-webauth-user']
    assert.deepEqual(new Set(await removed({ uri: '/public/a' })), new Set([...identity, ...always]))
    assert.deepEqual(new Set(await removed({ token: listener.alice })), new Set(always))
    const denied = await listener.ask(familyOf('ext-authz'), {})
    assert.equal(denied.header('x-envoy-auth-headers-to-remove'), undefined)
  })

  test('no Host, or two, are refused where it is the host that is judged', async () => {
    for (const family of ['ext-authz', 'ngf'].map(familyOf)) {
      const told = await listener.ask(family, { uri: '/public/a', more: ['Host: app.example.com'] })
      assert.equal(told.status, family.isNginx ? 403 : 400)
      const [line, headers] = family.write({
        method: 'GET',
        proto: 'https',
        host: '',
        uri: '/public/a',
        address: '203.0.113.7',
        path: `/verify/${family.name}/app/wiki`,
      })
      const rest = headers.filter(([name]) => name !== 'Host').map(([name, value]) => `${name}: ${value}\r\n`)
      assert.equal(
        rawStatus(await rawRequest(listener.port, `${line} HTTP/1.1\r\n${rest.join('')}Connection: close\r\n\r\n`)),
        400,
      )
      const old = readAnswer(await rawRequest(listener.port, `${line} HTTP/1.0\r\n${rest.join('')}\r\n`))
      assert.equal(old.status, family.isNginx ? 403 : 400)
    }
  })
})

function familyOf(name: string): Family {
  const family = FAMILIES.find((known) => known.name === name)
  if (family === undefined) throw new Error(`there is no family ${name}`)
  return family
}

/** A request for a page that everybody may open, to an address that names no app. */
function bytesWithout(family: Family): string {
  const original = { method: 'GET', proto: 'https', host: 'app.example.com', uri: '/public/a', address: '203.0.113.7' }
  const [line, headers] = family.write({ ...original, path: `/verify/${family.name}` })
  const lines = [`${line} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`), 'Connection: close']
  return `${lines.join('\r\n')}\r\n\r\n`
}
