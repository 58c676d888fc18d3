import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { temporaryDirectory } from '../support/directories.ts'
import { PASSWORD, policyOf, startSite } from '../support/e2e.ts'
import { headerValues, startEchoApp } from '../support/echo-app.ts'
import { createVisitor } from '../support/http.ts'
import { IS_LONG } from '../support/long.ts'
import { startCollector } from '../support/otlp.ts'
import type { Collector, ReceivedSpan } from '../support/otlp.ts'
import { startPostern } from '../support/postern-process.ts'
import { startRedis } from '../support/redis.ts'
import { createPerson, echoed, signedIn } from './person.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const KEPT = { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'vendor=planted' }
/** An address that nobody has. */
const NOBODY = '192.0.2.1/32'
const VERIFY = 'include postern/verify.conf;'
/** As docs/tracing.md tells operators to write it. */
const PASSES = `${VERIFY}
        proxy_set_header traceparent $http_traceparent;
        proxy_set_header tracestate $http_tracestate;`

function tracing({ url }: Collector, share: string): Record<string, string> {
  return { POSTERN_TRACES_URL: url, POSTERN_TRACES_SAMPLE: share, POSTERN_TRACES_HEADERS: 'X-Key=of the collector' }
}

function childrenOf(collector: Collector, { spanId }: ReceivedSpan): string[] {
  const children = collector.spans().filter((span) => span.parentSpanId === spanId)
  return children.map(({ name }) => name)
}

test('what nginx has begun goes on through verify to the statements, and to the app as it came', async (t) => {
  const collector = await startCollector(t)
  const redis = await startRedis(t)
  const env = { ...tracing(collector, '0'), POSTERN_REDIS_URL: `redis://127.0.0.1:${redis.port}` }
  const site = await startSite(t, { verify: 'unix', env, edit: (text) => text.replace(VERIFY, PASSES) })
  const alice = await signedIn(t, site, 'alice')
  assert.deepEqual(collector.spans(), [], 'nobody began a trace that is kept')

  // A password that was changed voids what memory holds, so that the next request asks the stores.
  redis.run(['flushall'])
  await site.command(['user', 'edit', 'alice', '--name', 'Alice B.'])
  const app = echoed(await alice.open('/page?query=planted', { headers: KEPT }))
  assert.deepEqual(headerValues(app.rawHeaders, 'traceparent'), [KEPT.traceparent])
  const [verify] = await collector.named('verify')
  assert.ok(verify !== undefined)
  assert.deepEqual([verify.traceId, verify.parentSpanId, verify.traceState], [TRACE, SPAN, KEPT.tracestate])
  const { 'enduser.id': id, ...facts } = verify.facts
  assert.match(String(id), /^[0-9a-f-]{36}$/)
  assert.deepEqual(facts, {
    'http.response.status_code': 200,
    'postern.app': 'app',
    'postern.decision': 'allow',
    'postern.dialect': 'nginx',
    'postern.lane': 'express',
    'postern.rule': 5,
    'postern.tier': 'l3',
  })
  assert.deepEqual(childrenOf(collector, verify), ['GETRANGE', 'find_principal', 'SET'])
  assert.ok(collector.spans().every(({ traceId }) => traceId === TRACE))

  const before = collector.spans().length
  await alice.open('/page', { headers: { traceparent: KEPT.traceparent.replace(/01$/, '00') } })
  await alice.open('/page', { headers: { traceparent: `${KEPT.traceparent}0` } })
  await alice.open('/page', { headers: KEPT })
  await collector.named('verify', 2)
  assert.equal(collector.spans().length, before + 1, 'from memory, without a question')
  assert.ok(!collector.raw().join('').includes('planted='), 'no query')
})

test('a client can not have its requests traced where nginx does not pass what it says', async (t) => {
  const collector = await startCollector(t)
  const site = await startSite(t, { verify: 'unix', env: tracing(collector, '0') })
  const alice = createPerson(t, site)
  const headers = KEPT
  await alice.open('/public/', { headers })
  await alice.open('/.postern/login', { headers })
  assert.equal((await alice.signIn('/', 'alice')).status, 200)
  assert.equal(await site.postern.stop(), 0)
  assert.deepEqual(collector.raw(), [])
})

test('a sign-in is a trace with its steps and its statements, and of nobody who only typed something', async (t) => {
  const collector = await startCollector(t)
  const site = await startSite(t, { verify: 'unix', env: { ...tracing(collector, '1'), POSTERN_WORKERS: '2' } })
  const alice = createPerson(t, site)
  await alice.signIn('/', 'alice', 'a wrong password of hers')
  assert.equal((await alice.signIn('/', 'alice')).status, 200)
  const [failed, signedIn] = await collector.named('POST /.postern/login', 2)
  assert.ok(failed !== undefined && signedIn !== undefined)
  assert.deepEqual(
    [failed, signedIn].map(({ facts }) => [facts['postern.attempt'], facts['postern.factor']]),
    [
      ['failure', 'password'],
      ['success', 'password'],
    ],
  )
  assert.equal(failed.facts['enduser.id'], undefined)
  assert.match(String(signedIn.facts['enduser.id']), /^[0-9a-f-]{36}$/)
  assert.notEqual(failed.traceId, signedIn.traceId)
  for (const step of ['count attempt', 'check password', 'transaction'])
    assert.ok(childrenOf(collector, signedIn).includes(step), step)
  const [start] = await collector.named('start sign-in')
  assert.ok(start !== undefined && childrenOf(collector, start).includes('insert_token'))
  const [transaction] = collector.spans().filter(({ spanId }) => spanId === start.parentSpanId)
  assert.deepEqual([transaction?.name, transaction?.parentSpanId], ['transaction', signedIn.spanId])

  // Another worker takes some of these connections.
  for (let visits = 0; visits < 20; visits++) {
    await createVisitor(t, site).visit(`${site.origin}/public/`)
  }
  const instances = new Set((await collector.named('verify', 22)).map(({ instance }) => instance))
  assert.ok(instances.size >= 1)
  assert.equal(await site.postern.stop(), 0)
  for (const secret of [PASSWORD, 'a wrong password', 'alice'])
    assert.ok(!collector.raw().join('').includes(secret), secret)
  assert.ok(collector.raw().every((request) => request.includes('"X-Key","of the collector"')))
})

for (const mood of IS_LONG ? (['fail', 'hang', 'drip'] as const) : (['hang'] as const)) {
  test(`nobody notices a collector that does ${mood}, and the end does not wait for it`, async (t) => {
    const collector = await startCollector(t)
    collector.mood = mood
    const site = await startSite(t, { verify: 'unix', env: tracing(collector, '1') })
    const alice = await signedIn(t, site, 'alice')
    for (let visits = 0; visits < 50; visits++) assert.equal((await alice.open('/page')).status, 200)
    assert.equal(await site.postern.stop(), 0)
    assert.ok(site.postern.logs().split('the collector does not take traces').length <= 2, site.postern.logs())
  })
}

test('in proxy mode the app continues our trace, and a client does not choose it', async (t) => {
  const collector = await startCollector(t)
  const app = await startEchoApp(t)
  const folder = await temporaryDirectory(t)
  writeFileSync(join(folder, 'policy.yaml'), policyOf('http://localhost'))
  const env = {
    POSTERN_UPSTREAM: `http://${app.address}`,
    POSTERN_POLICY_FILE: join(folder, 'policy.yaml'),
    POSTERN_PUBLIC_URL: 'http://localhost/.postern',
  }
  const fetchPage = async (trusted: string): Promise<readonly [string[], ReceivedSpan | undefined]> => {
    const postern = await startPostern(t, { ...tracing(collector, '1'), ...env, POSTERN_TRUSTED_PROXIES: trusted })
    const [, port] = (postern.env['POSTERN_LISTEN'] ?? '').split(':')
    const visitor = createVisitor(t, { hosts: { localhost: Number(port) } })
    const reply = await visitor.visit('http://localhost/public/?query=planted', { headers: KEPT })
    const { rawHeaders } = echoed(reply)
    assert.equal(await postern.stop(), 0)
    assert.deepEqual(headerValues(rawHeaders, 'tracestate'), trusted === NOBODY ? [] : [KEPT.tracestate])
    return [headerValues(rawHeaders, 'traceparent'), collector.spans().findLast(({ name }) => name === 'proxy')]
  }
  for (const trusted of [NOBODY, '127.0.0.0/8']) {
    const [sent, proxy] = await fetchPage(trusted)
    assert.ok(proxy !== undefined)
    assert.deepEqual([proxy.traceId === TRACE, proxy.parentSpanId], trusted === NOBODY ? [false, ''] : [true, SPAN])
    assert.equal(proxy.facts['http.response.status_code'], 200)
    const [asked] = (await collector.named('app')).filter(({ traceId }) => traceId === proxy.traceId)
    assert.equal(asked?.parentSpanId, proxy.spanId)
    assert.deepEqual(sent, [`00-${proxy.traceId}-${asked?.spanId}-01`])
  }
  assert.ok(!collector.raw().join('').includes('query'))
})

for (const [state, env, isLoaded] of [
  ['off', {}, false],
  ['on', { POSTERN_TRACES_URL: 'http://127.0.0.1:9' }, true],
] as const) {
  test(`while traces are ${state} their libraries are ${isLoaded ? '' : 'not '}loaded`, async (t) => {
    const postern = await startPostern(t, {
      ...env,
      NODE_OPTIONS: `--import=${new URL('../support/list-modules.ts', import.meta.url).href}`,
    })
    assert.equal(await postern.stop(), 0)
    const loaded = readFileSync(`${postern.dataDir}/modules.txt`, 'utf8')
    assert.match(loaded, /fastify/)
    // The API's empty shell comes with the metrics' library, which asks it for nothing.
    const libraries = loaded.match(/@opentelemetry\/(?!api\/)[a-z-]+|observe\/tracing\.ts/g) ?? []
    assert.equal(libraries.length > 0, isLoaded, libraries.join())
  })
}
