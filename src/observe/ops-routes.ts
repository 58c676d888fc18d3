import type { FastifyInstance, HTTPMethods } from 'fastify'
import { checkHealth } from './health.ts'
import type { Check } from './health.ts'
import type { Metrics } from './metrics.ts'

const CHECK_DEADLINE_MS = 2_000

/** `/ping` says the process is alive, `/health` that it can do its work, `/health/detail` which part can't. */
export function opsRoutes(
  app: FastifyInstance,
  { checks, metrics }: { checks: Readonly<Record<string, Check>>; metrics: Metrics },
): void {
  const config = { access: 'operator' } as const
  // Load balancers ask with HEAD.
  const method: HTTPMethods[] = ['GET', 'HEAD']
  app.route({ method, url: '/ping', config, handler: async () => ({ status: 'ok' }) })
  app.route({
    method,
    url: '/health',
    config,
    handler: async (_request, reply) => {
      const { status } = await checkHealth(checks, CHECK_DEADLINE_MS)
      return reply.code(status === 'failing' ? 503 : 200).send({ status })
    },
  })
  app.route({
    method,
    url: '/health/detail',
    config,
    handler: async (_request, reply) => {
      const health = await checkHealth(checks, CHECK_DEADLINE_MS)
      return reply.code(health.status === 'failing' ? 503 : 200).send(health)
    },
  })
  app.route({
    method,
    url: '/metrics',
    config,
    handler: async (_request, reply) => reply.type(metrics.contentType).send(await metrics.expose()),
  })
}
