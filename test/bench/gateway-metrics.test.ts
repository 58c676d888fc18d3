import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { countsOf, readVerifyCounts, shareOf } from '../../bench/gateway-metrics.ts'
import { createMetrics } from '../../src/observe/metrics.ts'

test('the share of what was counted in between is told by decision and tier', async () => {
  const metrics = createMetrics({ cachedPrincipals: () => 0, policyVersion: () => 1 })
  const way = { dialect: { name: 'nginx' }, lane: 'express' } as const
  const observe = (kind: string, tier: 'none' | 'l1' | 'l3', times: number): void => {
    for (let time = 0; time < times; time++) metrics.verified({ kind, app: { name: 'wiki' } }, way, tier, 0.001)
  }
  observe('allow', 'l3', 50)
  observe('allow', 'l1', 7)
  const before = countsOf(await metrics.expose())
  observe('allow', 'l1', 97)
  observe('allow', 'l3', 2)
  observe('sign_in', 'none', 1)
  const after = countsOf(await metrics.expose())
  assert.equal(shareOf(before, after, { decision: 'allow', tier: 'l1' }), 0.97)
  assert.equal(shareOf(before, after, { decision: 'sign_in', tier: 'none' }), 0.01)
  assert.equal(shareOf(after, after, { decision: 'allow', tier: 'l1' }), 0)
})

test('an answer without metrics is an error, not a gateway that counted nothing', async (t) => {
  const server = createServer((_request, response) => response.writeHead(500).end('no luck')).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await assert.rejects(readVerifyCounts(`http://127.0.0.1:${port}/metrics`), /500: no luck/)
})
