import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { recordEvent } from '../audit/events.ts'
import { exportEvents } from '../audit/export.ts'
import { FORMATS, formatOf, writeJson } from '../audit/format.ts'
import { readQuestion } from '../audit/search-filter.ts'
import type { EventFilter, EventQuestion } from '../audit/search-filter.ts'
import { isCursor, MAX_PAGE, searchEvents } from '../audit/search.ts'
import { PosternError } from '../errors.ts'
import { administrator, provenAdministrator } from './administrator.ts'
import type { Administrator, AdministratorParts } from './administrator.ts'

/** As the parameters of a query are called. */
const QUESTION: Readonly<Record<string, keyof EventQuestion>> = {
  actor: 'actor',
  type: 'type',
  app: 'app',
  resource: 'resource',
  result: 'result',
  address: 'address',
  request_id: 'requestId',
  since: 'since',
  until: 'until',
}
const PATH = '/api/v2/audit'
const SHOWN = 50
const ADMINISTRATOR = { config: { access: 'postern.audit:read' } } as const

type Query = Readonly<Record<string, string>>
type Requested = FastifyRequest<{ Querystring: Query }>

/** What administrators read of the audit log. That they did is written down; who takes it all along proves who he is. */
export function auditApiRoutes(app: FastifyInstance, parts: AdministratorParts & { readonly publicUrl: URL }): void {
  const { database, publicUrl } = parts

  app.get<{ Querystring: Query }>(`${PATH}/events`, ADMINISTRATOR, async (request, reply) => {
    const by = await administrator(parts, request)
    const { filter, question } = questionOf(request, ['limit', 'cursor'])
    const { limit, cursor } = pageOf(request.query)
    const { events, next } = await searchEvents(database, filter, { order: 'newest', limit, cursor })
    if (cursor === null) await note(parts, 'audit_searched', by, { filters: question })
    // Written as it stands in the log: a number that is read and written again may be another.
    const list = events.map(writeJson).join(',')
    const body = `{"status":"ok","data":{"events":[${list}],"next":${JSON.stringify(next)}}}`
    return reply.type('application/json; charset=utf-8').send(body)
  })

  app.get<{ Querystring: Query }>(`${PATH}/export`, ADMINISTRATOR, async (request, reply) => {
    const by = await provenAdministrator(parts, request)
    const { filter, question } = questionOf(request, ['format'])
    const name = FORMATS.find((each) => each === request.query['format'])
    if (name === undefined) throw new PosternError('bad_request', `parameter format: ${FORMATS.join(', ')}`)
    await note(parts, 'audit_exported', by, { filters: question, format: name })
    const format = formatOf(name, publicUrl.hostname)
    const read = (cursor: string | null) => searchEvents(database, filter, { order: 'oldest', limit: MAX_PAGE, cursor })
    return reply
      .type(format.contentType)
      .header('content-disposition', `attachment; filename="postern-audit.${name === 'syslog' ? 'log' : name}"`)
      .send(Readable.from(exportEvents(read, format)))
  })
}

/** @throws PosternError `bad_request` also for a parameter that there is not: a filter mistyped would give everything */
function questionOf({ query }: Requested, others: readonly string[]): { filter: EventFilter; question: EventQuestion } {
  const asked = Object.entries(query).filter(([name]) => !others.includes(name))
  const unknown = asked.find(([name]) => !Object.hasOwn(QUESTION, name))
  if (unknown !== undefined) throw new PosternError('bad_request', 'an unknown parameter')
  const question = Object.fromEntries(asked.map(([name, value]) => [QUESTION[name] ?? name, value])) as EventQuestion
  const filter = readQuestion(question, Date.now())
  if (typeof filter === 'string') throw new PosternError('bad_request', filter)
  return { filter, question }
}

function pageOf({ limit = String(SHOWN), cursor }: Query): { limit: number; cursor: string | null } {
  const count = /^\d{1,3}$/.test(limit) ? Number(limit) : 0
  if (count < 1 || count > MAX_PAGE) throw new PosternError('bad_request', `parameter limit: 1 to ${MAX_PAGE}`)
  if (cursor !== undefined && !isCursor(cursor)) throw new PosternError('bad_request', 'parameter cursor')
  return { limit: count, cursor: cursor ?? null }
}

async function note(
  { database }: AdministratorParts,
  type: 'audit_searched' | 'audit_exported',
  actor: Administrator,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await recordEvent(database, { type, result: 'success', actor, resource: 'audit', details })
}
