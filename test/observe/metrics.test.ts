import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../../src/observe/metrics.ts'

function open() {
  return createMetrics({ cachedPrincipals: () => 7, policyVersion: () => 3 })
}

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

test('verify requests are told by decision and tier, down to microseconds', async () => {
  const metrics = open()
  metrics.verified('allow', 'l1', 0.000_02)
  metrics.verified('forbid', 'none', 0.3)
  const text = await metrics.expose()
  const name = 'postern_verify_duration_seconds_bucket'
  assert.ok(text.includes(`${name}{le="0.00001",decision="allow",tier="l1"} 0`))
  assert.ok(text.includes(`${name}{le="0.000025",decision="allow",tier="l1"} 1`))
  assert.ok(text.includes(`${name}{le="0.25",decision="forbid",tier="none"} 0`))
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
