import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_LABEL_SETS } from '../../src/observe/register.ts'
import { createVerifyDurations, MAX_APPS } from '../../src/observe/verify-durations.ts'
import type { Lane, Tier } from '../../src/observe/verify-durations.ts'

const WAY = { dialect: { name: 'nginx' }, lane: 'express' } as const
const DIALECTS = ['nginx', 'ngf', 'forward', 'ext-authz', 'ingress-nginx', 'proxy']
const LANES: readonly Lane[] = ['express', 'ordinary', 'proxy']
const TIERS: readonly Tier[] = ['none', 'l1', 'l2', 'l3']
const KINDS = ['allow', 'sign_in', 'forbid', 'refuse', 'fault']

test('a hundred apps have a label of their own, and all others share one', () => {
  const verify = createVerifyDurations()
  for (let app = 0; app < 500; app++) verify.observe({ kind: 'allow', app: { name: `app${app}` } }, WAY, 'l1', 0.001)
  const counts = countsByApp(verify.durations.samples())
  assert.equal(counts.size, MAX_APPS + 1)
  assert.equal(counts.get('_other'), 500 - MAX_APPS)
  assert.equal(counts.get('app0'), 1)
})

test('whatever is combined, there are no more sets of labels than the limit and those of what has no app', () => {
  const verify = createVerifyDurations()
  let observed = 0
  for (let app = 0; app < 60; app++) {
    for (const name of DIALECTS)
      for (const lane of LANES)
        for (const tier of TIERS)
          for (const kind of KINDS) {
            verify.observe({ kind, app: { name: `app${app}` } }, { dialect: { name }, lane }, tier, 0.001)
            verify.observe({ kind, app: null }, { dialect: { name }, lane }, tier, 0.001)
            observed += 2
          }
  }
  const combined = DIALECTS.length * LANES.length * TIERS.length * KINDS.length
  assert.ok(verify.durations.size <= MAX_LABEL_SETS + 2 * combined, String(verify.durations.size))
  const counts = countsByApp(verify.durations.samples())
  assert.equal(
    [...counts.values()].reduce((sum, count) => sum + count, 0),
    observed,
  )
  assert.equal(counts.get('_none'), observed / 2)
})

test('an app that a policy takes over from another is counted with it', () => {
  const verify = createVerifyDurations()
  for (const app of [{ name: 'wiki' }, { name: 'wiki' }]) verify.observe({ kind: 'allow', app }, WAY, 'l1', 0.001)
  assert.equal(verify.durations.size, 1)
})

function countsByApp(samples: ReturnType<ReturnType<typeof createVerifyDurations>['durations']['samples']>) {
  const counts = samples.filter(({ metricName }) => metricName.endsWith('_count'))
  const byApp = Map.groupBy(counts, ({ labels }) => String(labels['app']))
  return new Map([...byApp].map(([app, own]) => [app, own.reduce((sum, { value }) => sum + value, 0)]))
}
