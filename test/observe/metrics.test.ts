import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Gauges } from '../../src/observe/gauges.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import type { Metrics } from '../../src/observe/metrics.ts'
import { exposeTogether, keepEnded } from '../../src/observe/register.ts'
import type { Figures } from '../../src/observe/register.ts'
import { until } from '../support/until.ts'

const WIKI = { name: 'wiki' }
const WAY = { dialect: { name: 'nginx' }, lane: 'express' } as const

test('attempts are counted by outcome and way', async () => {
  const metrics = open()
  metrics.attempt('success', 'password')
  metrics.attempt('failure', 'password')
  metrics.attempt('failure', 'password')
  const text = await metrics.expose()
  assert.match(text, /^auth_attempts_total\{status="success",method="password"\} 1$/m)
  assert.match(text, /^auth_attempts_total\{status="failure",method="password"\} 2$/m)
})

test('how long sign-ins lasted is told by the type of user', async () => {
  const metrics = open()
  for (const seconds of [59, 61, 90_000]) metrics.signInEnded(seconds)
  const text = await metrics.expose()
  const name = 'session_duration_seconds'
  assert.ok(text.includes(`${name}_count{user_type="person"} 3`))
  assert.ok(text.includes(`${name}_sum{user_type="person"} 90120`))
  assert.ok(text.includes(`${name}_bucket{le="60",user_type="person"} 1`))
  assert.ok(text.includes(`${name}_bucket{le="86400",user_type="person"} 2`))
})

test('verify requests are told by decision, dialect, app, tier and lane, down to microseconds', async () => {
  const metrics = open()
  metrics.verified({ kind: 'allow', app: WIKI }, WAY, 'l1', 0.000_02)
  metrics.verified({ kind: 'refuse' }, { ...WAY, lane: 'ordinary' }, 'none', 0.3)
  const text = await metrics.expose()
  const name = 'postern_verify_duration_seconds_bucket'
  const allow = 'decision="allow",dialect="nginx",app="wiki",tier="l1",lane="express"'
  assert.ok(text.includes(`${name}{le="0.00001",${allow}} 0`))
  assert.ok(text.includes(`${name}{le="0.000025",${allow}} 1`))
  assert.ok(
    text.includes(`${name}{le="0.25",decision="refuse",dialect="nginx",app="_none",tier="none",lane="ordinary"} 0`),
  )
})

test('gauges are asked when somebody looks, and the process is described', async () => {
  const metrics = open()
  const text = await metrics.expose()
  assert.match(text, /^postern_cached_principals 7$/m)
  assert.match(text, /^postern_policy_version 3$/m)
  assert.match(text, /^process_cpu_seconds_total /m)
  assert.match(metrics.contentType, /^text\/plain/)
})

test('two sets of metrics count apart', async () => {
  const [one, other] = [open(), open()]
  one.attempt('throttled', 'password')
  assert.equal((await other.expose()).includes('throttled'), false)
})

test('of several processes counts are added up, and what must not be isn’t', async () => {
  const one = processWith({ verified: 3, cached: 10, version: 4 })
  const other = processWith({ verified: 5, cached: 20, version: 3 })
  const text = await exposeTogether([await sent(one), await sent(other)])
  assert.match(text, /^postern_verify_duration_seconds_count\{decision="allow",.*\} 8$/m)
  assert.match(
    text,
    /^postern_verify_duration_seconds_bucket\{le="\+Inf",decision="allow",dialect="nginx",app="wiki",tier="l1",lane="express"\} 8$/m,
  )
  assert.match(text, /^postern_cached_principals 30$/m)
  assert.match(text, /^postern_policy_version 3$/m)
  assert.match(text, /^auth_attempts_total\{status="success",method="password"\} 2$/m)
  assert.match(text, /^nodejs_version_info\{.*\} 1$/m)
})

test('the counts of a process that ended stay, its gauges go', async () => {
  const ended = processWith({ verified: 3, cached: 10, version: 2 })
  const running = processWith({ verified: 5, cached: 20, version: 3 })
  const kept = keepEnded()
  // Two that end at once, one that never told of itself, and one that ends once these are added up.
  for (const figures of [await sent(ended), [], await sent(ended)]) kept.add(figures)
  const atOnce = await exposeTogether([...kept.figures, await sent(running)])
  assert.match(atOnce, /^postern_verify_duration_seconds_count\{decision="allow",.*\} 11$/m)
  await until('they are added up', 5_000, () => kept.figures.length === 1)
  kept.add(await sent(ended))
  const text = await exposeTogether([...kept.figures, await sent(running)])
  assert.match(text, /^postern_verify_duration_seconds_count\{decision="allow",.*\} 14$/m)
  assert.match(text, /^postern_cached_principals 20$/m)
  assert.match(text, /^postern_policy_version 3$/m)
})

test('of several processes the one that is stuck, or out of files, is told and not hidden by the others', async () => {
  const valuesOf = async (value: number): Promise<Figures> => {
    const figures = await sent(createMetrics())
    return figures.map((metric) =>
      /^(?:nodejs_eventloop_lag_p|process_(?:open|max)_fds)/.test(metric.name)
        ? { ...metric, values: [{ labels: {}, value }] }
        : metric,
    )
  }
  const text = await exposeTogether([await valuesOf(0.01), await valuesOf(0.9), await valuesOf(0.01)])
  for (const share of ['p50', 'p90', 'p99']) {
    assert.ok(text.split('\n').includes(`nodejs_eventloop_lag_${share}_seconds 0.9`), share)
  }
  assert.match(text, /^process_open_fds 0.9$/m)
  assert.match(text, /^process_max_fds 0.01$/m)
})

test('one process says by itself what it would say together with none', async () => {
  const alone = processWith({ verified: 1, cached: 1, version: 1 })
  const own = (await alone.expose()).split('\n').filter((line) => /^(postern|auth|session)_/.test(line))
  const together = (await exposeTogether([await sent(alone)])).split('\n')
  for (const line of own) assert.ok(together.includes(line), line)
})

test('of several processes the one that is worst off tells how far they can do without the database', async () => {
  const well = { graceLeft: () => 60_000, changesAge: () => 250, isBreakerOpen: () => false, isDegraded: () => false }
  const cutOff = {
    graceLeft: () => 12_500,
    changesAge: () => 47_500,
    isBreakerOpen: () => true,
    isDegraded: () => true,
  }
  const [one, other] = [well, cutOff].map((outage) =>
    createMetrics({ cachedPrincipals: () => 1, policyVersion: () => 1, outage }),
  )
  assert.ok(one && other)
  const text = await exposeTogether([await sent(one), await sent(other)])
  for (const line of OUTAGE_LINES.map(([name, , worst]) => `${name} ${worst}`))
    assert.ok(text.split('\n').includes(line))
  const alone = await one.expose()
  for (const line of OUTAGE_LINES.map(([name, fine]) => `${name} ${fine}`)) assert.ok(alone.split('\n').includes(line))
})

test('docs/metrics.md tells of every metric of ours, and of no other', async () => {
  const metrics = createMetrics(ALL_GAUGES)
  const told = (await metrics.figures()).map(({ name }) => name).filter((name) => !/^(?:process|nodejs)_/.test(name))
  const page = readFileSync(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8')
  const [table = ''] = page.split('## /health/detail')
  const described = [...table.matchAll(/^\| `(\w+)/gm)].map(([, name]) => name)
  assert.deepEqual(new Set(described), new Set(told))
})

const ALL_GAUGES: Required<Gauges> = {
  cachedPrincipals: () => 0,
  cachedPrincipalAge: () => 0,
  policyVersion: () => 0,
  redisUp: () => true,
  replicaLag: () => 0,
  outage: { graceLeft: () => 0, changesAge: () => 0, isBreakerOpen: () => false, isDegraded: () => false },
  passwordHashes: () => ({ running: 1, waiting: 2 }),
  pool: () => ({ used: 1, idle: 2, waiting: 3 }),
  machine: { memoryBytes: 2 ** 30, cpus: 1.5 },
}

/** Name, value in a process that is well, and value of it together with one that is cut off. */
const OUTAGE_LINES = [
  ['postern_outage_grace_seconds', 60, 12.5],
  ['postern_changes_age_seconds', 0.25, 47.5],
  ['postern_database_breaker_open', 0, 1],
  ['postern_degraded', 0, 1],
] as const

function open() {
  return createMetrics({ cachedPrincipals: () => 7, policyVersion: () => 3 })
}

function processWith({ verified, cached, version }: { verified: number; cached: number; version: number }): Metrics {
  const metrics = createMetrics({ cachedPrincipals: () => cached, policyVersion: () => version })
  metrics.attempt('success', 'password')
  for (let count = 0; count < verified; count++) metrics.verified({ kind: 'allow', app: WIKI }, WAY, 'l1', 0.001)
  return metrics
}

/** As it arrives in another process. */
async function sent(metrics: Metrics): Promise<Figures> {
  return JSON.parse(JSON.stringify(await metrics.figures())) as Figures
}
