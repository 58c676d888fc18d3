import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startPostern } from '../support/postern-process.ts'
import { startPrometheus } from '../support/prometheus.ts'
import type { LiveRule } from '../support/prometheus.ts'
import { readAlerts, readRecordings } from '../support/monitoring.ts'
import { until } from '../support/until.ts'

const LOOKED_MS = 60_000

test('Prometheus with the shipped rules finds nothing wrong with an idle gateway', { timeout: 120_000 }, async (t) => {
  const postern = await startPostern(t, {})
  const prometheus = await startPrometheus(t, postern.env['POSTERN_OPS_LISTEN'] ?? '')
  await until('three scrapes', LOOKED_MS, async () => {
    return ((await prometheus.value('count_over_time(postern_policy_version[5m])')) ?? 0) >= 3
  })
  const scraped = Date.now()
  const rules = await until('all rules are evaluated since', LOOKED_MS, async () => {
    const found = await prometheus.rules()
    return found.every(({ lastEvaluation }) => Date.parse(lastEvaluation) > scraped) && found
  })
  assert.equal(rules.length, readAlerts().length + readRecordings().length)
  assert.deepEqual(rules.filter(isAmiss), [])
  assert.equal(await prometheus.value('up{job="postern"}'), 1)
})

function isAmiss({ health, type, state }: LiveRule): boolean {
  return health !== 'ok' || (type === 'alerting' && state !== 'inactive')
}
