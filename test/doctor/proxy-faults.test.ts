import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { examine } from '../../src/doctor/doctor.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { createAsk } from '../../src/doctor/site.ts'
import { KINDS } from '../proxies/kinds.ts'
import { HOST, openWorld } from '../proxies/world.ts'
import { IS_LONG } from '../support/long.ts'
import type { Kind } from '../proxies/world.ts'
import type { StartProxy } from '../support/proxy-process.ts'
import { PAGE, wrongs } from './clinic.ts'

type Change = readonly (readonly [from: string | RegExp, to: string])[]
interface Planted {
  readonly kind: Kind['name']
  readonly what: string
  readonly change: Change
  readonly found: readonly string[]
}

/** What operators leave out of, or add to, what `postern snippet` prints. */
const FAULTS: readonly Planted[] = [
  {
    kind: 'nginx',
    what: 'a further location without the include',
    change: [
      ['location / {', 'location /files/ {\n        proxy_pass http://postern_app_app;\n    }\n    location / {'],
    ],
    found: ['open_page', 'forged_header', 'leaked_cookie', 'no_identity', 'proxy_words'],
  },
  {
    kind: 'caddy',
    what: 'every answer taken for a yes',
    change: [['@postern_yes status 200', '@postern_yes status 2xx 3xx 4xx']],
    found: ['open_page', 'aliased_header'],
  },
  {
    kind: 'caddy',
    what: 'an identity header that is not taken over',
    change: [['request_header Remote-User {http.reverse_proxy.header.Remote-User}', '']],
    found: ['no_identity'],
  },
  {
    kind: 'caddy',
    what: 'a visitor who takes headers out again',
    change: [['request_header -Connection', '']],
    found: ['h2c', 'hop_by_hop'],
  },
  {
    kind: 'caddy',
    what: 'cookies that are not cut',
    change: [[/^\s*request_header Cookie .*$/gm, '']],
    found: ['leaked_cookie'],
  },
  {
    kind: 'caddy',
    what: 'the path named by the client',
    change: [
      ['header_up X-Forwarded-Uri {uri}', ''],
      ['request_header -X-Forwarded-Uri', ''],
    ],
    found: ['refused_page', 'named_path'],
  },
  {
    kind: 'haproxy',
    what: 'a backend that does not ask',
    change: [
      [/^\s*http-request lua\.postern.*$/gm, ''],
      [/^\s*http-request deny deny_status 503 unless.*$/gm, ''],
    ],
    found: ['open_page', 'aliased_header', 'leaked_cookie', 'no_identity'],
  },
  {
    kind: 'haproxy',
    what: 'an identity header that is not taken over',
    change: [[/(lua\.postern \S+ \S+ )Remote-User,/g, '$1']],
    found: ['no_identity'],
  },
  {
    kind: 'haproxy',
    what: 'upgrades to anything',
    change: [[/^\s*http-request deny deny_status 400.*$/gm, '']],
    found: ['h2c'],
  },
  {
    kind: 'apache',
    what: 'no question',
    change: [['LuaHookAccessChecker', '# LuaHookAccessChecker']],
    found: ['open_page', 'aliased_header', 'leaked_cookie', 'no_identity'],
  },
  {
    kind: 'apache',
    what: 'an identity header that is not taken over',
    change: [['POSTERN_HEADERS=Remote-User,', 'POSTERN_HEADERS=']],
    found: ['no_identity'],
  },
  {
    kind: 'apache',
    what: 'words that some frameworks believe',
    change: [[/^\s*RequestHeader unset X-Original-URL early$/gm, '']],
    found: ['proxy_words'],
  },
  {
    kind: 'apache',
    what: 'portal pages that lead to the app',
    change: [[/^\s*ProxyPass "\/\.postern\/".*$/gm, '']],
    found: ['not_routed'],
  },
]

for (const kind of KINDS) {
  test(`nothing is wrong with what is printed for ${kind.name}`, async (t) => {
    const findings = await diagnose(t, kind)
    assert.deepEqual(
      findings.filter(({ level }) => level === 'wrong' || level === 'look'),
      [],
    )
  })
}

/** One of nginx, of which nginx-faults.test.ts has more; the others in the long suites. */
const PLANTED = IS_LONG ? FAULTS : FAULTS.slice(0, 1)

for (const { kind: name, what, change, found } of PLANTED) {
  test(`finds in ${name} ${what}`, async (t) => {
    const kind = KINDS.find((known) => known.name === name)
    assert.ok(kind !== undefined)
    const findings = await diagnose(t, { name, start: withFault(kind.start, change) })
    const wrong = findings.filter(({ level }) => level === 'wrong')
    assert.deepEqual(wrongs(findings).toSorted(), found.toSorted(), JSON.stringify(wrong, null, 1))
  })
}

async function diagnose(t: TestContext, kind: Kind): Promise<readonly Finding[]> {
  const { port, alice } = await openWorld(t, kind)
  const url = new URL(`https://${HOST}:${port}/`)
  const ask = createAsk({ url, connectTo: { host: '127.0.0.1', port }, insecure: true })
  const site = { url, page: PAGE, openPage: '/public/', cookie: `__Host-postern=${alice}`, ask }
  return examine({ site, cookieScope: { kind: 'unseen' }, appAddress: null, pause: null })
}

/** Starts the proxy with a snippet in which every change has changed something. */
function withFault(start: StartProxy, change: Change): StartProxy {
  return (t, setup) => {
    const snippet = change.reduce((before, [from, to]) => {
      const after = before.replaceAll(typeof from === 'string' ? from : new RegExp(from.source, 'gm'), to)
      assert.notEqual(after, before, `the snippet no longer has ${from}`)
      return after
    }, setup.snippet)
    return start(t, { ...setup, snippet })
  }
}
