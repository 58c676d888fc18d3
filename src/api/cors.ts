import type { FastifyInstance } from 'fastify'

/** An answer to a preflight is good for this long, in seconds; browsers keep it for two hours at most. */
const KEPT_S = 600
const HEADERS = 'authorization, content-type, idempotency-key, if-match'
const SHOWN = 'etag, retry-after, x-request-id, idempotency-replayed'

/**
 * Lets pages of these origins read what routes registered here answer, with the cookies of a visitor. Without any,
 * nothing is said, and browsers keep it from every other origin.
 * @param origins exactly as browsers write them
 */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('vary', 'Origin')
    const { origin } = request.headers
    if (origin !== undefined && origins.includes(origin)) {
      reply.headers({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': SHOWN,
      })
    }
    done()
  })
}

/** Answers a browser that asks before it sends, for each of these addresses; to be called after `allowOrigins`. */
export function answerPreflights(
  app: FastifyInstance,
  origins: readonly string[],
  methodsOf: ReadonlyMap<string, readonly string[]>,
): void {
  if (origins.length === 0) return
  for (const [url, methods] of methodsOf) {
    app.options(url, { config: { access: 'anyone' } }, async ({ headers }, reply) => {
      if (headers.origin === undefined || !origins.includes(headers.origin)) return reply.code(403).send()
      const allowed = { 'access-control-allow-methods': methods.join(', '), 'access-control-allow-headers': HEADERS }
      return reply
        .code(204)
        .headers({ ...allowed, 'access-control-max-age': String(KEPT_S) })
        .send()
    })
  }
}
