import type { FastifyInstance } from 'fastify'
import { ownEvents } from '../audit/own-events.ts'
import { bodySchema, textField } from '../web/body.ts'
import { formToken, sendHtml } from '../web/pages.ts'
import { openShell } from './account-page.ts'
import { activityPage, notMePage } from './activity-page.ts'
import { endOthers } from './end-sessions.ts'
import type { AccountParts } from './routes.ts'
import { ownForm, signedInVisitor } from './visitor.ts'

const ACCESS = { config: { access: 'signed_in' } } as const
const FORM = bodySchema({ csrf: textField(256) })
const PURPOSE = 'not-me'
const DAY_MS = 86_400_000
const DAYS = 90
const PAGE_SIZE = 50

interface Query {
  Querystring: Record<string, string>
}

/** `/account/activity`, and the way on for whoever finds there what he didn't do. */
export function activityRoutes(app: FastifyInstance, parts: AccountParts): void {
  const path = `${parts.entrances.portal.paths.base}/account/activity`
  const action = `${parts.entrances.portal.paths.base}/account/not-me`

  app.get<Query>('/account/activity', ACCESS, async (request, reply) => {
    const { principal } = await signedInVisitor(parts, request)
    const { userId, login } = principal
    const cursor = request.query['before'] ?? null
    const since = new Date(Date.now() - DAYS * DAY_MS)
    const found = await ownEvents(parts.database, { userId, login, since, limit: PAGE_SIZE, cursor })
    const model = {
      shell: openShell(parts, request, principal),
      userId,
      events: found.events,
      days: DAYS,
      olderHref: found.next === null ? null : `${path}?before=${encodeURIComponent(found.next)}`,
      latestHref: cursor === null ? null : path,
    }
    return sendHtml(reply, 200, activityPage(model))
  })

  app.get('/account/not-me', ACCESS, async (request, reply) => {
    const { principal, token } = await signedInVisitor(parts, request)
    const shell = openShell(parts, request, principal)
    return sendHtml(reply, 200, notMePage({ shell, action, csrf: formToken(parts, PURPOSE, token) }))
  })

  app.post('/account/not-me', ACCESS, async (request, reply) => {
    const { visitor } = await ownForm(parts, request, { purpose: PURPOSE, schema: FORM })
    const ended = await endOthers(parts, visitor.principal)
    parts.log.info({ login: visitor.principal.login, ended }, 'sessions ended by their owner')
    return reply.redirect(`${parts.entrances.portal.paths.base}/account/password`, 303)
  })
}
