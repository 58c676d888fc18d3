import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { createMetrics } from '../../src/observe/metrics.ts'
import { opsRoutes } from '../../src/observe/ops-routes.ts'

function open(t: TestContext, isFine: boolean): FastifyInstance {
  // As the program has it: only what a route names is there.
  const app = Fastify({ exposeHeadRoutes: false })
  t.after(() => app.close())
  const checks = { database: () => ({ status: isFine ? 'ok' : 'failing', detail: 'seen by operators' }) as const }
  opsRoutes(app, { checks, metrics: createMetrics({ cachedPrincipals: () => 0, policyVersion: () => 0 }) })
  return app
}

test('/ping is well even when parts are failing; /health is not', async (t) => {
  const app = open(t, false)
  const [ping, health, detail] = await Promise.all([
    app.inject('/ping'),
    app.inject('/health'),
    app.inject('/health/detail'),
  ])
  assert.deepEqual([ping.statusCode, ping.json()], [200, { status: 'ok' }])
  assert.deepEqual([health.statusCode, health.json()], [503, { status: 'failing' }])
  const part = { status: 'failing', detail: 'seen by operators' }
  const { status, parts } = detail.json<{ status: string; parts: object }>()
  assert.deepEqual([detail.statusCode, status, parts], [503, 'failing', { database: part }])
})

test('/health answers 200 when every part is well, and names no part', async (t) => {
  const reply = await open(t, true).inject('/health')
  assert.deepEqual([reply.statusCode, reply.json()], [200, { status: 'ok' }])
})

test('HEAD gives the status of GET without its body', async (t) => {
  for (const isFine of [true, false]) {
    const app = open(t, isFine)
    for (const url of ['/ping', '/health', '/health/detail', '/metrics']) {
      const [get, head] = [await app.inject(url), await app.inject({ method: 'HEAD', url })]
      assert.deepEqual([head.statusCode, head.body], [get.statusCode, ''], url)
    }
  }
})

test('/metrics speaks the Prometheus text format', async (t) => {
  const reply = await open(t, true).inject('/metrics')
  assert.match(String(reply.headers['content-type']), /^text\/plain; version=0\.0\.4/)
  assert.match(reply.body, /^# TYPE auth_attempts_total counter$/m)
})
