import type { FastifyInstance, HTTPMethods } from 'fastify'
import { detailOf } from './detail.ts'
import { checkHealth } from './health.ts'
import type { Check } from './health.ts'
import type { Metrics } from './metrics.ts'

const CHECK_DEADLINE_MS = 2_000

export type OpsMetrics = Pick<Metrics, 'answered' | 'contentType' | 'expose' | 'allFigures'>

/**
 * `/ping` says the process is alive, `/health` that it can do its work, `/health/detail` which part can't and how busy
 * all of them are.
 */
export function opsRoutes(
  app: FastifyInstance,
  { checks, metrics }: { checks: Readonly<Record<string, Check>>; metrics: OpsMetrics },
): void {
  app.addHook('onResponse', async ({ routeOptions }, reply) =>
    metrics.answered('ops', routeOptions.url, reply.statusCode, reply.elapsedTime / 1_000),
  )
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
      const [health, figures] = await Promise.all([checkHealth(checks, CHECK_DEADLINE_MS), metrics.allFigures()])
      const detail = { ...health, ...(await detailOf(figures)) }
      return reply.code(health.status === 'failing' ? 503 : 200).send(detail)
    },
  })
  app.route({
    method,
    url: '/metrics',
    config,
    handler: async (_request, reply) => reply.type(metrics.contentType).send(await metrics.expose()),
  })
}
