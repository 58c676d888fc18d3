import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
import {
  knownSeries,
  pageOf,
  PROMETHEUS,
  promtool,
  readAlerts,
  readRecordings,
  unknownLabels,
  unknownNames,
} from '../support/monitoring.ts'
import { groupingLabelsOf, selectorsOf } from '../support/promql.ts'

interface AlertCase {
  readonly alertname: string
  readonly exp_alerts?: readonly { readonly exp_labels: { readonly severity: string } }[]
}

interface Recorded {
  readonly name: string
  readonly input_series: readonly { readonly series: string }[]
  readonly alert_rule_test: readonly AlertCase[]
}

const ALERTS = readAlerts()
const EXPRESSIONS = [...readRecordings(), ...ALERTS].map((rule) => ({
  name: 'record' in rule ? rule.record : rule.alert,
  expr: rule.expr,
}))
const [HEALTHY, ...CASES] = (parse(readFileSync(join(PROMETHEUS, 'alerts.test.yaml'), 'utf8')) as { tests: Recorded[] })
  .tests

suite('the rules of Prometheus', () => {
  test('are well-formed, with the example that loads them', async () => {
    const { exitCode, said } = await promtool('check', 'config', 'prometheus.example.yaml')
    assert.equal(exitCode, 0, said)
    const lint = await promtool('check', 'rules', '--lint=all', '--lint-fatal', 'recording.yaml', 'alerts.yaml')
    assert.equal(lint.exitCode, 0, lint.said)
  })

  test('fire on what was recorded of trouble, and not on a healthy gateway', async () => {
    const { exitCode, said } = await promtool('test', 'rules', 'alerts.test.yaml')
    assert.equal(exitCode, 0, said)
  })

  test('look at nothing but what the program tells, and at their own recordings', async () => {
    for (const { name, expr } of EXPRESSIONS) {
      assert.ok(selectorsOf(expr).length > 0, name)
      assert.deepEqual(await unknownNames(expr), [], name)
    }
  })

  test('choose and group by labels and values that docs/metrics.md has', () => {
    for (const { name, expr } of EXPRESSIONS) assert.deepEqual(unknownLabels(expr), [], name)
  })
})

suite('every alert', () => {
  test('says how bad it is, what is so, and where to read on', () => {
    for (const { alert, labels, annotations } of ALERTS) {
      assert.ok(['critical', 'warning', 'info'].includes(labels['severity'] ?? ''), alert)
      assert.match(annotations['summary'] ?? '', /^\S.{10,90}$/, alert)
      assert.match(annotations['description'] ?? '', /\.$/, alert)
      assert.equal(annotations['runbook'], `{{ $externalLabels.runbooks }}docs/runbooks/${pageOf(alert)}.md`)
    }
  })

  test('has a recording that makes it fire, for each severity', () => {
    const fired = CASES.flatMap(({ alert_rule_test }) => alert_rule_test).flatMap(({ alertname, exp_alerts = [] }) =>
      exp_alerts.map(({ exp_labels }) => `${alertname} ${exp_labels.severity}`),
    )
    for (const { alert, labels } of ALERTS) assert.ok(fired.includes(`${alert} ${labels['severity']}`), alert)
  })

  test('is among those that a healthy gateway must not raise, with all that it looks at', async () => {
    const quiet = HEALTHY?.alert_rule_test ?? []
    for (const { alert } of ALERTS) {
      const found = quiet.filter(({ alertname }) => alertname === alert)
      assert.ok(found.length > 0 && found.every(({ exp_alerts = [] }) => exp_alerts.length === 0), alert)
    }
    const told = new Set(HEALTHY?.input_series.map(({ series }) => series.replace(/\{.*/, '')))
    const looked = EXPRESSIONS.flatMap(({ expr }) => selectorsOf(expr)).map(({ metric }) => metric)
    assert.deepEqual(
      looked.filter((metric) => !metric.startsWith('postern:') && !told.has(metric)),
      [],
    )
  })
})

test('recordings of trouble are made of series that the program has', async () => {
  const known = await knownSeries()
  for (const { name, input_series } of [...(HEALTHY ? [HEALTHY] : []), ...CASES])
    for (const { series } of input_series) assert.ok(known.has(series.replace(/\{.*/, '')), `${name}: ${series}`)
})

test('names and labels are found in an expression, and what is neither is not', () => {
  const expr = `sum by (job, app) (rate(a_total{x="1|2", y!~"b_total"}[5m])) > 365 * 86400
    # c_total
    and on (job) (d offset 5m == 1) unless count without (z) (e:f) or histogram_quantile(0.9, sum(g_bucket) by (le))`
  assert.deepEqual(selectorsOf(expr), [
    {
      metric: 'a_total',
      labels: [
        { label: 'x', values: ['1', '2'] },
        { label: 'y', values: ['b_total'] },
      ],
    },
    { metric: 'd', labels: [] },
    { metric: 'e:f', labels: [] },
    { metric: 'g_bucket', labels: [] },
  ])
  assert.deepEqual(groupingLabelsOf(expr), ['job', 'app', 'job', 'z', 'le'])
})
