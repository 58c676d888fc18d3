import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NGINX_CASE, OTHER_CASE, WARM_CASE } from '../../bench/cases.ts'
import type { DirectRow } from '../../bench/direct.ts'
import { verifyGoals } from '../../bench/goals.ts'
import type { Row } from '../../bench/measure.ts'

const SPEED = { rps: 1, p50_ms: 1, p99_ms: 1 }

function row(name: string, gateway: number | null, nginx: number): Row {
  return { case: name, gateway_cpu_us: gateway, nginx_cpu_us: nginx, ...SPEED, p999_ms: 1, rss_mb: 1 }
}

function direct(name: string, gateway: number): DirectRow {
  return { case: name, gateway_cpu_us: gateway, ...SPEED }
}

test('goals compare within one run, each with what costs least over the same kind of listener', () => {
  const rows = [row(WARM_CASE, 8, 16), row(NGINX_CASE, 4, 15), row(OTHER_CASE, 32, 20)]
  const asked = [
    direct('postern, unix', 3),
    direct('nginx return 204, unix', 2),
    direct('postern, tcp', 5),
    direct('nginx return 204, tcp', 4),
  ]
  const found = verifyGoals(rows, asked).map(({ value, at_most: atMost }) => [value, atMost])
  assert.deepEqual(found, [
    [0.5, 0.6],
    [2, 1.25],
    [1.5, 1.25],
    [1.25, 1.25],
    [0.25, 0.33],
  ])
})

test('a goal is left out where the CPU of the other gateway is unknown', () => {
  const found = verifyGoals([row(WARM_CASE, 8, 16), row(OTHER_CASE, null, 20)], [])
  assert.deepEqual(
    found.map(({ what }) => what),
    ["gateway against nginx's own share"],
  )
})
