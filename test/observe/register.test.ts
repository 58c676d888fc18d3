import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../../src/observe/metrics.ts'
import { createRegister, MAX_LABEL_SETS } from '../../src/observe/register.ts'

test('a counter and a histogram stop at the limit: what is beyond is counted together', async () => {
  const register = createRegister()
  const count = register.counter('some_total', 'Some.', ['one', 'two'])
  const observe = register.durationsBy('some_seconds', 'Some.', 'one', [1])
  for (let value = 0; value < MAX_LABEL_SETS + 50; value++) {
    count({ one: String(value), two: 'x' })
    observe(String(value), 0.5)
  }
  count({ one: '3', two: 'x' })
  const text = await register.expose()
  assert.match(text, /^some_total\{one="_other",two="_other"\} 50$/m)
  assert.match(text, /^some_total\{one="3",two="x"\} 2$/m)
  assert.match(text, /^some_seconds_count\{one="_other"\} 50$/m)
  assert.equal(text.match(/^some_total\{/gm)?.length, MAX_LABEL_SETS + 1)
  assert.equal(text.match(/^some_seconds_count\{/gm)?.length, MAX_LABEL_SETS + 1)
})

test('a counter without labels is told from the start, a gauge without a value is not', async () => {
  const register = createRegister()
  register.counter('some_total', 'Some.')
  register.gauge('some_age_seconds', 'Some.', () => null)
  const text = await register.expose()
  assert.match(text, /^some_total 0$/m)
  assert.doesNotMatch(text, /^some_age_seconds /m)
})

test('answers are told by listener, pattern and class of the status, within the limit', async () => {
  const metrics = createMetrics()
  metrics.answered('portal', '/.postern/login', 302, 0.004)
  metrics.answered('portal', '/.postern/login', 303, 0.004)
  metrics.answered('ops', undefined, 404, 0.004)
  for (let route = 0; route < 2 * MAX_LABEL_SETS; route++) metrics.answered('portal', `/${route}`, 200, 0.004)
  const text = await metrics.expose()
  const name = 'postern_http_request_duration_seconds_count'
  assert.ok(text.includes(`${name}{listener="portal",route="/.postern/login",status="3xx"} 2`))
  assert.ok(text.includes(`${name}{listener="ops",route="_none",status="4xx"} 1`))
  assert.ok(text.includes(`${name}{listener="portal",route="_other",status="2xx"}`))
  assert.ok(text.split(name).length <= MAX_LABEL_SETS + 2)
})

test('keys, certificates, sign-ins and records are told as they were last known, and forgotten when another counts', async () => {
  const metrics = createMetrics()
  metrics.keyAges({ token: 5 })
  metrics.backupAge(86_400)
  metrics.certificates({ '/a.pem': Date.now() / 1_000 - 10 })
  metrics.sessionsActive(7)
  metrics.auditUnsealed(3)
  metrics.auditDeliveryAge('syslog', 12)
  metrics.auditDeliveryFailed('syslog')
  metrics.anomaly('burst')
  const text = await metrics.expose()
  for (const line of [
    'postern_key_age_seconds{purpose="token"} 5',
    'postern_backup_age_seconds 86400',
    'postern_sessions_active 7',
    'postern_audit_unsealed_rows 3',
    'postern_audit_delivery_age_seconds{sink="syslog"} 12',
    'postern_audit_delivery_failures_total{sink="syslog"} 1',
    'postern_anomalies_total{kind="burst"} 1',
  ])
    assert.ok(text.split('\n').includes(line), line)
  assert.match(text, /^postern_certificate_expires_seconds\{file="\/a\.pem"\} -1\d/m)
  metrics.keyAges({})
  metrics.backupAge(null)
  metrics.sessionsActive(null)
  metrics.auditDeliveryAge('syslog', null)
  assert.doesNotMatch(
    await metrics.expose(),
    /^postern_(?:backup_age|key_age|sessions_active|audit_delivery_age)\S* \d/m,
  )
})
