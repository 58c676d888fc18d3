import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'

const SCRIPT = readFileSync(new URL('../web/assets/session.js', import.meta.url))
const ETAG = `"${createHash('sha256').update(SCRIPT).digest('hex').slice(0, 16)}"`

/**
 * A script that pages of an app may load: it offers the sign-in where a request was answered with our 401. Its name stays
 * the same, so browsers ask each time whether they have the newest one.
 */
export function sessionScriptRoutes(app: FastifyInstance): void {
  app.get('/session.js', { config: { access: 'anyone' } }, async (request, reply) => {
    reply.headers({ etag: ETAG, 'cache-control': 'no-cache' })
    if (request.headers['if-none-match'] === ETAG) return reply.code(304).send()
    return reply.type('text/javascript; charset=utf-8').send(SCRIPT)
  })
}
