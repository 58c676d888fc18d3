import type { FastifyInstance } from 'fastify'
import { sendHtml } from '../web/pages.ts'
import { portalHeaders } from '../web/security-headers.ts'
import { openConsole } from './console.ts'
import type { ConsoleParts } from './console.ts'
import { readOverview } from './overview-facts.ts'
import type { OverviewSources } from './overview-facts.ts'
import { overviewPage } from './overview-page.ts'

export type OverviewParts = ConsoleParts & OverviewSources

/** `/admin`: how things are, as far as the visitor may see it. */
export function overviewRoutes(app: FastifyInstance, parts: OverviewParts): void {
  app.get('/admin', { config: { access: 'signed_in' } }, async (request, reply) => {
    const { console, frame } = await openConsole(parts, request)
    const facts = await readOverview(parts, console)
    reply.headers(portalHeaders({ secure: parts.cookies.secure, scripted: true }))
    return sendHtml(reply, 200, overviewPage({ frame, console, facts }))
  })
}
