import assert from 'node:assert/strict'
import { PROXY_WORDS } from '../../src/snippets/site.ts'
import type { StubAnswer } from '../nginx/stub.ts'
import { headerValues } from '../support/echo-app.ts'
import { rawStatus } from '../support/http.ts'
import { statusWord, summed } from './case.ts'
import type { Difference } from './case.ts'
import { LET_IN, SECRET } from './stubbed.ts'
import type { Stubbed } from './stubbed.ts'
import { told } from './talk.ts'
import { HOST } from './world.ts'
import type { Kind } from './world.ts'

/** Something that every proxy is put to with a gateway that does as it is told. */
export interface GatewayCase {
  readonly name: string
  readonly outcome: string
  readonly differs?: Partial<Record<Kind['name'], Difference>>
  readonly run: (place: Stubbed) => Promise<string>
}

/** Statuses that are no yes, though some of them are 2xx. */
const STATUSES = [201, 202, 204, 206, 300, 302, 304, 400, 401, 403, 404, 407, 429, 431, 500, 502, 503, 504]

/** Whoever is believed in this has his requests traced. */
const TRACED = ['traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'tracestate: vendor=forged']

/** What the gateway hears, and what becomes of visitors when it isn't well. */
export const GATEWAY_CASES: readonly GatewayCase[] = [
  {
    name: 'the gateway hears the proxy’s words of a forged request, and of no body',
    outcome: 'the proxy’s words',
    async run(place) {
      const forged = PROXY_WORDS.map(
        (name) => `${name}: ${/^x-original|^x-forwarded-uri/i.test(name) ? '/public' : 'forged'}`,
      )
      const more = [
        ...forged,
        'X-Postern-Secret: forged',
        'Remote-User: root',
        ...TRACED,
        'Content-Length: 5',
        'Accept: text/html',
      ]
      place.gateway.answerWith(LET_IN)
      assert.equal(rawStatus(await place.ask('POST /wiki/..%2fx?a=%2F&b', more, 'hello')), 200)
      const { url, rawHeaders: headers } = place.gateway.requests.at(-1) ?? { url: '', rawHeaders: [] }
      assert.equal(url, `/verify/${place.kind.name === 'nginx' ? 'nginx' : 'forward'}/app/app`)
      for (const [name, values] of Object.entries(expectedOf(place)))
        assert.deepEqual(headerValues(headers, name), values, name)
      for (const name of [
        'content-length',
        'transfer-encoding',
        'upgrade',
        'expect',
        'remote-user',
        'x-original-url',
        'x-rewrite-url',
        'forwarded',
        'traceparent',
        'tracestate',
      ]) {
        assert.deepEqual(
          headerValues(headers, name).filter((value) => value !== '0'),
          [],
          name,
        )
      }
      assert.deepEqual(place.app.requests.at(-1)?.bodyBytes, 5)
      return 'the proxy’s words'
    },
  },
  {
    name: 'the portal hears of no trace and no request id that a client claims, and the app as the client wrote it',
    outcome: 'as it should',
    async run(place) {
      place.gateway.answerWith(LET_IN)
      await place.ask('GET /.postern/login', [...TRACED, 'X-Request-Id: forged'])
      const { url, rawHeaders: headers } = place.gateway.requests.at(-1) ?? { url: '', rawHeaders: [] }
      assert.equal(url, '/.postern/login')
      assert.ok(!headerValues(headers, 'x-request-id').includes('forged'))
      assert.equal(rawStatus(await place.ask('GET /wiki', TRACED)), 200)
      for (const name of ['traceparent', 'tracestate']) {
        assert.deepEqual(headerValues(headers, name), [], name)
        assert.equal(headerValues(place.app.requests.at(-1)?.rawHeaders ?? [], name).length, 1, name)
      }
      return 'as it should'
    },
  },
  {
    name: 'the app gets the target that the gateway was told, byte for byte',
    outcome: 'the same',
    async run(place) {
      const targets = [
        '//wiki',
        '///a//b',
        '//a/../b',
        '//a%2Fb',
        '/a//../b',
        '/a//b',
        '/a/../b',
        '/a/%2e%2e/b',
        '/a;b/..;/c',
        '/a%2Fb?x=//y',
        '/%61?b=%zz',
        '/a/./b?',
        '/a?b?c',
      ]
      let passed = 0
      place.gateway.answerWith(LET_IN)
      for (const target of targets) {
        const before = place.app.requests.length
        await place.ask(`GET ${target}`)
        const headers = place.gateway.requests.at(-1)?.rawHeaders ?? []
        const named = headerValues(headers, place.kind.name === 'nginx' ? 'x-original-uri' : 'x-forwarded-uri')
        const seen = place.app.requests.slice(before).map(({ url }) => url)
        if (seen.length > 0) assert.deepEqual(seen, named, target)
        passed += seen.length
      }
      assert.ok(passed > 5, `${passed} of ${targets.length}`)
      return 'the same'
    },
  },
  {
    name: 'an upgrade is asked for as a program’s request, without the upgrade',
    outcome: 'upgrade',
    async run(place) {
      place.gateway.answerWith({ status: 401 })
      const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
      await place.ask('GET /live', ['Upgrade: websocket', 'Connection: Upgrade', key, 'X-Requested-With: x'])
      const headers = place.gateway.requests.at(-1)?.rawHeaders ?? []
      assert.deepEqual(
        [...headerValues(headers, 'upgrade'), ...headerValues(headers, 'connection')].filter((value) =>
          /upgrade/i.test(value),
        ),
        [],
      )
      return headerValues(headers, 'x-requested-with').join()
    },
  },
  {
    name: 'nothing but 200 lets anybody in',
    outcome: 'closed',
    differs: {
      nginx: {
        outcome: 'closed but for 2xx',
        because: 'auth_request takes every 2xx for a yes; the gateway gives 200 alone',
      },
    },
    async run(place) {
      const outcomes: string[] = []
      for (const status of STATUSES) {
        const before = place.app.requests.length
        place.gateway.answerWith({ status, headers: { ...LET_IN_HEADERS, Location: 'https://login.example.com/' } })
        const got = rawStatus(await place.ask('GET /wiki'))
        if (status < 300 && place.kind.name === 'nginx') continue
        assert.equal(place.app.requests.length, before, `${status} gave ${got}`)
        assert.notEqual(got, 200, String(status))
      }
      outcomes.push(place.kind.name === 'nginx' ? 'closed but for 2xx' : 'closed')
      return summed(outcomes)
    },
  },
  {
    name: 'a gateway that hangs up, talks nonsense or is silent lets nobody in, and soon',
    outcome: 'closed',
    async run(place) {
      const troubles: readonly StubAnswer[] = ['hang up', 'garbage', 'silence']
      for (const trouble of troubles) {
        const before = place.app.requests.length
        place.gateway.answerWith(trouble)
        const startedAt = performance.now()
        const status = rawStatus(await place.ask('GET /wiki', ['Accept: text/html', 'Remote-User: root']))
        assert.ok(status !== null && status >= 500, `${JSON.stringify(trouble)} gave ${status}`)
        assert.equal(place.app.requests.length, before)
        assert.ok(performance.now() - startedAt < 6_000)
      }
      return 'closed'
    },
  },
  {
    name: 'a 200 that tells nothing gives nobody a name',
    outcome: 'nobody',
    differs: {
      caddy: {
        outcome: 'a placeholder',
        because: 'before 2.9 Caddy writes the name of what is missing; the gateway never leaves one out',
      },
    },
    async run(place) {
      place.gateway.answerWith({ status: 200 })
      await place.ask('GET /wiki', ['Remote-User: root', 'X-WEBAUTH-USER: root', 'Remote-Groups: admin'])
      const seen = place.app.requests.slice(-1)
      const names = ['remote-user', 'remote-groups', 'x-webauth-user'].flatMap((name) => told(seen, name))
      assert.ok(!names.includes('root') && !names.includes('admin'))
      return names.length === 0
        ? 'nobody'
        : summed(names.map((name) => (name.startsWith('{') ? 'a placeholder' : name)))
    },
  },
  {
    name: 'beside a long head the app hears all that the gateway tells, or is not asked',
    outcome: 'all or nothing',
    async run(place) {
      // More than the gateway ever tells.
      const groups = 'g'.repeat(12_000)
      place.gateway.answerWith({ status: 200, headers: { ...LET_IN_HEADERS, 'Remote-Groups': groups } })
      for (let bytes = 30_000; bytes < 66_000; bytes += 450) {
        const before = place.app.requests.length
        const lines = Array.from(
          { length: Math.floor(bytes / 1_030) },
          (_, line) => `X-Line-${line}: ${'x'.repeat(1_012)}`,
        )
        const received = await place.ask('GET /wiki', [...lines, `X-Last: ${'x'.repeat(bytes % 1_030)}`])
        const seen = place.app.requests.slice(before)
        if (seen.length === 0) assert.ok((rawStatus(received) ?? 500) >= 400)
        else
          assert.deepEqual([told(seen, 'remote-user'), told(seen, 'remote-groups')], [['alice'], [groups]], `${bytes}`)
      }
      return 'all or nothing'
    },
  },
  {
    name: 'a gateway that is down lets nobody in',
    outcome: 'closed',
    async run(place) {
      await place.gateway.stop()
      const before = place.app.requests.length
      for (const more of [[], ['Accept: text/html'], ['Cookie: __Host-postern=x']]) {
        const status = rawStatus(await place.ask('GET /public/a', more))
        assert.ok(status !== null && status >= 500, statusWord(status))
      }
      assert.equal(place.app.requests.length, before)
      return 'closed'
    },
  },
]

const LET_IN_HEADERS = typeof LET_IN === 'string' ? {} : LET_IN.headers

function expectedOf({ kind, port }: Stubbed): Record<string, string[]> {
  const shared = { host: ['postern'], 'x-postern-secret': [SECRET], accept: ['text/html'] }
  const target = ['/wiki/..%2fx?a=%2F&b']
  if (kind.name === 'nginx') {
    const words = { 'x-original-method': ['POST'], 'x-original-proto': ['https'], 'x-original-host': [HOST] }
    return { ...shared, ...words, 'x-original-uri': target, 'x-real-ip': ['127.0.0.1'], 'x-forwarded-uri': [] }
  }
  const host = kind.name === 'apache' ? HOST : `${HOST}:${port}`
  const words = { 'x-forwarded-method': ['POST'], 'x-forwarded-proto': ['https'], 'x-forwarded-host': [host] }
  return { ...shared, ...words, 'x-forwarded-uri': target, 'x-forwarded-for': ['127.0.0.1'], 'x-original-uri': [] }
}
