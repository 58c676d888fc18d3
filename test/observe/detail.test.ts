import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detailOf } from '../../src/observe/detail.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import type { Metrics } from '../../src/observe/metrics.ts'
import { keepEnded } from '../../src/observe/register.ts'

const GAUGES = {
  pool: () => ({ used: 1, idle: 2, waiting: 3 }),
  passwordHashes: () => ({ running: 1, waiting: 5 }),
  machine: { memoryBytes: 1_000, cpus: 2 },
}

function withStatements(times: Readonly<Record<string, readonly number[]>>): Metrics {
  const metrics = createMetrics(GAUGES)
  for (const [label, seconds] of Object.entries(times)) for (const each of seconds) metrics.statement(label, each)
  return metrics
}

test('the ten slowest statements are told by what they took in all and by their p99', async () => {
  const times = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`s${index}`, [0.0001 * (index + 1)]]))
  const often = Array.from({ length: 1_000 }, () => 0.001)
  const metrics = withStatements({ ...times, often, rare: [0.2], endless: [30] })
  const { statements } = await detailOf([await metrics.figures()])
  const [first, second, third] = statements.byTotal
  assert.deepEqual([first?.statement, second?.statement, third?.statement], ['endless', 'often', 'rare'])
  assert.deepEqual([second?.count, Math.round((second?.totalSeconds ?? 0) * 1_000)], [1_000, 1_000])
  assert.deepEqual(
    statements.byP99.slice(0, 2).map(({ statement, p99Seconds }) => [statement, p99Seconds]),
    [
      ['endless', null],
      ['rare', 0.25],
    ],
  )
  assert.deepEqual([statements.byTotal.length, statements.byP99.length], [10, 10])
})

test('p99 is the bucket that ninety-nine of a hundred fit into', async () => {
  const metrics = withStatements({
    fits: [...Array<number>(99).fill(0.0005), 2],
    not: [...Array<number>(98).fill(0.0005), 2, 2],
  })
  const { byP99 } = (await detailOf([await metrics.figures()])).statements
  assert.deepEqual(Object.fromEntries(byP99.map(({ statement, p99Seconds }) => [statement, p99Seconds])), {
    fits: 0.0005,
    not: 2.5,
  })
})

test('what several processes do is added up, limits are not, and ended processes are no longer counted', async () => {
  const [one, other, ended] = [withStatements({ a: [1] }), withStatements({ a: [2] }), withStatements({ a: [4] })]
  assert.ok(one && other && ended)
  const kept = keepEnded()
  kept.add(await ended.figures())
  const detail = await detailOf([...kept.figures, await one.figures(), await other.figures()])
  assert.equal(detail.processes, 2)
  assert.deepEqual(detail.pool, { used: 2, idle: 4, waiting: 6 })
  assert.deepEqual(detail.passwords, { running: 2, waiting: 10 })
  assert.equal(detail.memory.limitBytes, 1_000)
  assert.ok(detail.memory.rssBytes > detail.memory.heapUsedBytes)
  const [a] = detail.statements.byTotal
  assert.deepEqual([a?.count, a?.totalSeconds], [3, 7])
})

test('the delay of the event loop is that of the process that is worst off', async () => {
  const figures = await createMetrics(GAUGES).figures()
  const slowed = figures.map((metric) =>
    /eventloop_lag_(?:p50|p99|max)/.test(metric.name) ? { ...metric, values: [{ labels: {}, value: 0.5 }] } : metric,
  )
  const { eventLoop } = await detailOf([figures, slowed])
  assert.deepEqual(eventLoop, { p50Seconds: 0.5, p99Seconds: 0.5, maxSeconds: 0.5 })
})

test('the shape is that which the console reads', async () => {
  const detail = await detailOf([await withStatements({ a: [1] }).figures()])
  assert.deepEqual(
    Object.fromEntries(Object.entries(detail).map(([name, part]) => [name, Object.keys(part as object)])),
    {
      processes: [],
      statements: ['byTotal', 'byP99'],
      pool: ['used', 'idle', 'waiting'],
      memory: ['rssBytes', 'heapUsedBytes', 'heapTotalBytes', 'limitBytes'],
      eventLoop: ['p50Seconds', 'p99Seconds', 'maxSeconds'],
      passwords: ['running', 'waiting'],
    },
  )
})
