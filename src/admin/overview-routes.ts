import type { FastifyInstance } from 'fastify'
import { html } from '../web/html.ts'
import { sendHtml } from '../web/pages.ts'
import { openConsole } from './console.ts'
import type { ConsoleParts } from './console.ts'
import { consolePage } from './console-page.ts'

export type OverviewParts = ConsoleParts

/** `/admin`: how things are, as far as the visitor may see it. */
export function overviewRoutes(app: FastifyInstance, parts: OverviewParts): void {
  app.get('/admin', { config: { access: 'signed_in' } }, async (request, reply) => {
    const { console, frame } = await openConsole(parts, request)
    return sendHtml(
      reply,
      200,
      consolePage({ frame, console, title: frame.words.say('console.overview'), body: html`` }),
    )
  })
}
