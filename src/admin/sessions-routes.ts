import type { FastifyInstance, FastifyReply } from 'fastify'
import { endSession, endSessionsOf, listSessions } from '../administration/sessions.ts'
import { bodySchema, textField } from '../web/body.ts'
import { sendHtml } from '../web/pages.ts'
import { portalHeaders } from '../web/security-headers.ts'
import { consoleForm, csrfField } from './console-form.ts'
import { consoleBase, openConsole } from './console.ts'
import { sessionsPage } from './sessions-page.ts'
import type { SessionsPage } from './sessions-page.ts'
import {
  askedFor,
  backToList,
  CSRF,
  mustSee,
  NOT_REFUSED,
  PAGE_SIZE,
  PURPOSE,
  tryTo,
  withinReach,
} from './user-parts.ts'
import type { PeopleParts, Refusal } from './user-parts.ts'

const END = { config: { access: 'postern.sessions:end' } } as const
const END_ONE = bodySchema({ csrf: CSRF, id: textField(64), login: textField(254), network: textField(254) })
const END_ALL = bodySchema({ csrf: CSRF, login: textField(254) })
const EMPTY = { items: [], next: null }

/** `/admin/sessions`: who is signed in, and the end of it. */
export function sessionsRoutes(app: FastifyInstance, parts: PeopleParts): void {
  app.get('/admin/sessions', { config: { access: 'postern.sessions:read' } }, (request, reply) => {
    const query = { login: askedFor(request.query, 'login'), network: askedFor(request.query, 'network') }
    return show(parts, reply, { query, after: askedFor(request.query, 'after'), refusal: NOT_REFUSED })
  })

  app.post('/admin/sessions/end', END, async (_request, reply) => {
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: END_ONE })
    if (form === null) return reply
    const { id, login, network } = form.fields
    const query = { login, network }
    const tried = await tryTo(() => endSession(parts, form.visitor.principal, { id }))
    if (tried.kind === 'refused')
      return show(parts, reply, { query: { login: '', network: '' }, after: '', refusal: tried })
    return backToList(reply, { base: consoleBase(parts) }, { path: 'sessions', query, done: 'session_ended' })
  })

  app.post('/admin/sessions/end-all', END, async (_request, reply) => {
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: END_ALL })
    if (form === null) return reply
    const { login } = form.fields
    const tried = await tryTo(() => endSessionsOf(parts, form.visitor.principal, { login }))
    if (tried.kind === 'refused')
      return show(parts, reply, { query: { login: '', network: '' }, after: '', refusal: tried })
    return backToList(
      reply,
      { base: consoleBase(parts) },
      { path: 'sessions', query: { login }, done: 'sessions_ended' },
    )
  })
}

interface Shown {
  readonly query: SessionsPage['query']
  readonly after: string
  readonly refusal: Refusal
}

async function show(parts: PeopleParts, reply: FastifyReply, { query, after, refusal }: Shown): Promise<FastifyReply> {
  const { console, frame, visitor } = await openConsole(parts, reply.request)
  mustSee(console, 'postern.sessions:read', refusal)
  const question = {
    limit: PAGE_SIZE,
    ...(query.login !== '' && { login: query.login }),
    ...(query.network !== '' && { network: query.network }),
    ...(after !== '' && { after }),
  }
  const found = await tryTo(() => listSessions(parts, question))
  const { items, next } = found.kind === 'done' ? found.value : EMPTY
  const logins = items.map(({ login }) => login)
  const model = {
    frame,
    console,
    query,
    sessions: items,
    after: next,
    isFirst: after === '',
    withinReach: await withinReach(parts, visitor, logins),
    csrf: csrfField(parts, PURPOSE, visitor),
    refusal: found.kind === 'done' ? refusal : found,
  }
  reply.headers(portalHeaders({ secure: parts.cookies.secure, scripted: true }))
  return sendHtml(reply, model.refusal.status, sessionsPage(model))
}
