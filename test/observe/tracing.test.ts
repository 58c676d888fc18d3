import assert from 'node:assert/strict'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { openTracing } from '../../src/observe/tracing.ts'
import type { TracingOptions } from '../../src/observe/tracing.ts'
import type { SpanStart, Tracing } from '../../src/observe/traces.ts'
import { startCollector } from '../support/otlp.ts'
import { freePort } from '../support/ports.ts'
import { until } from '../support/until.ts'

const WITHIN_MS = 20_000
const PARENT = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: true, state: 'vendor=1' }
const WORK: SpanStart = { name: 'work', kind: 'works' }
const REQUEST: SpanStart = { name: 'request', kind: 'answers' }

interface Traced {
  readonly tracing: Tracing
  readonly troubles: (string | null)[]
  readonly dropped: () => number
}

function open(t: TestContext, url: string, given: Partial<TracingOptions> = {}): Traced {
  const troubles: (string | null)[] = []
  const tracing = openTracing({
    url: new URL(url),
    headers: {},
    share: 1,
    version: '1.2.3',
    onTrouble: (why) => troubles.push(why),
    gatherMs: 10,
    sendMs: 200,
    closeMs: 200,
    ...given,
  })
  let dropped = 0
  tracing.onDropped((count) => (dropped += count))
  t.after(() => tracing.close())
  return { tracing, troubles, dropped: () => dropped }
}

function begin(tracing: Tracing) {
  const span = tracing.begin(REQUEST, null)
  assert.ok(span !== null)
  return span
}

test('steps belong to the request that they are done for, through promises and beside others', async (t) => {
  const collector = await startCollector(t)
  const { tracing } = open(t, collector.url)
  const answer = async (id: string): Promise<void> => {
    const span = begin(tracing)
    span.tell({ id })
    await tracing.within(span, async () => {
      await tracing.step({ ...WORK, facts: { id } }, async () => {
        await new Promise((resolve) => setImmediate(resolve))
        await tracing.step({ name: 'question', kind: 'asks', facts: { id } }, async () => 1)
        tracing.current?.root.tell({ told: id })
      })
    })
    span.end()
  }
  await Promise.all(['one', 'two', 'three'].map(answer))
  for (const question of await collector.named('question', 3)) {
    const { id = '' } = question.facts
    const step = collector.spans().find((span) => span.spanId === question.parentSpanId)
    const request = collector.spans().find((span) => span.spanId === step?.parentSpanId)
    assert.deepEqual([step?.facts['id'], request?.facts['id'], request?.facts['told']], [id, id, id])
    assert.deepEqual([question.kind, step?.kind, request?.kind], [3, 1, 2])
    assert.deepEqual([step?.traceId, request?.traceId], [question.traceId, question.traceId])
  }
  assert.equal(tracing.current, null)
})

test('a parent is continued as it says, and the state goes on with it', async (t) => {
  const collector = await startCollector(t)
  const { tracing } = open(t, collector.url, { share: 0 })
  assert.equal(tracing.begin(REQUEST, null), null)
  assert.equal(tracing.begin(REQUEST, { ...PARENT, isSampled: false }), null)
  const span = tracing.begin(REQUEST, PARENT)
  span?.end()
  const [received] = await collector.named('request')
  assert.deepEqual(
    [received?.traceId, received?.parentSpanId, received?.traceState],
    [PARENT.traceId, PARENT.spanId, PARENT.state],
  )
  const own = ['traceparent', `00-${PARENT.traceId}-${received?.spanId}-01`, 'tracestate', PARENT.state]
  assert.deepEqual(span?.headers, own)
})

test('a parent that is not kept is not kept here either, whatever the share', (t) => {
  const { tracing } = open(t, 'http://127.0.0.1:1', { share: 1 })
  assert.equal(tracing.begin(REQUEST, { ...PARENT, isSampled: false }), null)
})

test('of the traces that begin here the share is kept that was set', (t) => {
  const chances = [0, 0.009, 0.01, 0.5, 0.999]
  for (const [share, kept] of [
    [0, 0],
    [0.01, 2],
    [1, 5],
  ] as const) {
    const left = [...chances]
    const { tracing } = open(t, 'http://127.0.0.1:1', { share, random: () => left.shift() ?? 1 })
    assert.equal(chances.filter(() => tracing.begin(REQUEST, null) !== null).length, kept)
  }
})

test('where nothing is kept a step is nothing but its work', async (t) => {
  const { tracing } = open(t, 'http://127.0.0.1:1', { share: 0 })
  const result = Promise.resolve('done')
  assert.equal(
    tracing.step(WORK, () => result),
    result,
  )
})

test('a step that fails is marked by a code, and its error goes on', async (t) => {
  const collector = await startCollector(t)
  const { tracing } = open(t, collector.url)
  const error = Object.assign(new Error('the planted value'), { code: '23505' })
  const span = begin(tracing)
  await assert.rejects(
    tracing.within(span, () => tracing.step(WORK, () => Promise.reject(error))),
    error,
  )
  const [step] = await collector.named('work')
  assert.deepEqual([step?.isError, step?.facts['error.type']], [true, '23505'])
  assert.ok(!collector.raw().join('').includes('planted'))
})

test('a collector is sent its headers at its path, and each process tells who it is', async (t) => {
  const collector = await startCollector(t)
  const headers = { Authorization: 'Bearer of the collector' }
  for (const url of [`${collector.url}/ingest/`, collector.url]) begin(open(t, url, { headers }).tracing).end()
  const [one, two] = await collector.named('request', 2)
  assert.notEqual(one?.instance, two?.instance)
  assert.deepEqual(
    new Set(collector.raw().map((request) => request.split(' ', 1)[0])),
    new Set(['/ingest/v1/traces', '/v1/traces']),
  )
  for (const request of collector.raw()) assert.match(request, /"Authorization","Bearer of the collector"/)
})

for (const mood of ['fail', 'hang', 'drip'] as const) {
  test(`a collector that does ${mood} is told of once, what it doesn't take is counted, and it may come back`, async (t) => {
    const collector = await startCollector(t)
    collector.mood = mood
    const { tracing, troubles, dropped } = open(t, collector.url)
    await untilDropped(tracing, dropped, 1)
    await untilDropped(tracing, dropped, dropped() + 1)
    assert.equal(troubles.length, 1)
    assert.equal(typeof troubles[0], 'string')
    collector.mood = 'take'
    await until('the collector takes spans again', WITHIN_MS, () => {
      begin(tracing).end()
      return troubles.at(-1) === null
    })
    assert.equal(troubles.length, 2)
  })
}

test('a collector that is not there costs no more memory than its bound, and every span is counted', async (t) => {
  const { tracing, dropped } = open(t, `http://127.0.0.1:${await freePort()}`, { gatherMs: 60_000 })
  const count = 50_000
  for (let i = 0; i < count; i++) begin(tracing).end()
  assert.ok(dropped() >= count - 3_000, `only ${dropped()} dropped at once`)
  await until('all are counted', WITHIN_MS, () => dropped() === count)
})

test('what is left at the end is sent, and a collector that hangs does not hold up the end', async (t) => {
  const collector = await startCollector(t)
  const { tracing, dropped } = open(t, collector.url, { gatherMs: 60_000 })
  for (let i = 0; i < 1_000; i++) begin(tracing).end()
  await tracing.close()
  assert.deepEqual([collector.spans().length, dropped()], [1_000, 0])

  collector.mood = 'hang'
  const hanging = open(t, collector.url, { gatherMs: 60_000, sendMs: 60_000 })
  begin(hanging.tracing).end()
  await hanging.tracing.close()
  assert.equal(hanging.dropped(), 1)
})

async function untilDropped(tracing: Tracing, dropped: () => number, count: number): Promise<void> {
  begin(tracing).end()
  await until('a span is counted as dropped', WITHIN_MS, () => dropped() >= count)
}
