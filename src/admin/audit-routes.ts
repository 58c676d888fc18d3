import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { recordEvent } from '../audit/events.ts'
import type { EventType } from '../audit/events.ts'
import { exportEvents } from '../audit/export.ts'
import { FORMATS, formatOf } from '../audit/format.ts'
import { FIND_EVENT, READ_CHAIN_STATE } from '../audit/record-page-table.ts'
import { isCursor, MAX_PAGE, readCursor, searchEvents } from '../audit/search.ts'
import { PosternError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { bodySchema, textField } from '../web/body.ts'
import { sendHtml } from '../web/pages.ts'
import { auditEventPage } from './audit-event-page.ts'
import { auditPage } from './audit-page.ts'
import { filterOf, MAX_FIELD, QUESTION_FIELDS, questionOf, readAsked } from './audit-question.ts'
import type { Asked } from './audit-question.ts'
import { consoleForm, csrfField } from './console-form.ts'
import { openConsole } from './console.ts'
import type { ConsoleVisitor } from './console.ts'
import { PAGE_SIZE, PURPOSE } from './policy-parts.ts'
import type { PolicyParts } from './policy-parts.ts'
import { askedFor } from './user-parts.ts'

const READ = { config: { access: 'postern.audit:read' } } as const
const UNSEALED = 'postern_audit_unsealed_rows'
const FIELD = textField(MAX_FIELD)
const EXPORT = bodySchema({
  csrf: FIELD,
  format: FIELD,
  actor: FIELD,
  type: FIELD,
  app: FIELD,
  resource: FIELD,
  result: FIELD,
  address: FIELD,
  request_id: FIELD,
  since: FIELD,
  until: FIELD,
})

/** `/admin/audit…`: what was written down of who did what. That somebody looked is written down too. */
export function auditRoutes(app: FastifyInstance, parts: PolicyParts): void {
  const { database, program } = parts
  app.get('/admin/audit', READ, async (request, reply) => {
    const { console, frame, visitor } = await openConsole(parts, request)
    const asked = readAsked(request.query)
    const after = askedFor(request.query, 'after', 512)
    if (after !== '' && !isCursor(after)) throw new PosternError('bad_request', 'query after')
    const filter = filterOf(asked)
    const fault = typeof filter === 'string' ? filter : null
    const wish = { order: 'newest', limit: PAGE_SIZE, cursor: after === '' ? null : after } as const
    const { events, next } =
      typeof filter === 'string' ? { events: [], next: null } : await searchEvents(database, filter, wish)
    if (fault === null && after === '') await note(database, 'audit_searched', visitor, { filters: questionOf(asked) })
    const [chain] = await database.query(READ_CHAIN_STATE)
    const page = auditPage({
      frame,
      console,
      asked,
      fault,
      events,
      chain: chain ?? { number: null, sealed_at: null, head_day: null, head_number: null },
      unsealed: unsealedOf(await program.figures()),
      csrf: csrfField(parts, PURPOSE, visitor),
      after: next,
      isFirst: after === '',
    })
    return sendHtml(reply, fault === null ? 200 : 400, page)
  })

  app.get('/admin/audit/events/:place', READ, async (request, reply) => {
    const { console, frame } = await openConsole(parts, request)
    const { place = '' } = request.params as Record<string, string>
    const at = readCursor(place)
    const [event] = at === null ? [] : await database.query(FIND_EVENT, at.at, at.seq)
    if (event === undefined) throw new PosternError('nothing_there', 'no such event')
    return sendHtml(reply, 200, auditEventPage({ frame, console, event }))
  })

  app.post('/admin/audit/export', READ, async (_request, reply) => {
    const formPath = `${parts.entrances.portal.paths.base}/admin/audit`
    const fresh = { formPath, keep: QUESTION_FIELDS }
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: EXPORT, fresh })
    if (form === null) return reply
    const { csrf: _csrf, format: wanted, ...asked } = form.fields
    const name = FORMATS.find((each) => each === wanted)
    if (name === undefined) throw new PosternError('bad_request', 'field format')
    const filter = filterOf(asked satisfies Asked)
    if (typeof filter === 'string') throw new PosternError('bad_request', filter)
    await note(database, 'audit_exported', form.visitor, { filters: questionOf(asked), format: name })
    const format = formatOf(name, new URL(parts.entrances.portal.origin).hostname)
    const pages = exportEvents(
      (cursor) => searchEvents(database, filter, { order: 'oldest', limit: MAX_PAGE, cursor }),
      format,
    )
    reply.header('content-disposition', `attachment; filename="postern-audit.${name === 'syslog' ? 'log' : name}"`)
    return reply.type(format.contentType).send(Readable.from(pages))
  })
}

async function note(
  database: Database,
  type: Extract<EventType, 'audit_searched' | 'audit_exported'>,
  { principal: { userId, login } }: ConsoleVisitor,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await recordEvent(database, { type, result: 'success', actor: { userId, login }, resource: 'audit', details })
}

/** As the process counted that counts; null where none has. */
function unsealedOf(figures: Awaited<ReturnType<PolicyParts['program']['figures']>>): number | null {
  const values = figures
    .flat()
    .filter(({ name }) => name === UNSEALED)
    .flatMap((metric) => metric.values)
  return values.length === 0 ? null : Math.max(...values.map(({ value }) => value))
}
