import type { FastifyInstance } from 'fastify'
import { recordEvent } from '../audit/events.ts'
import { findDecision, listDecisionSums, listRefusals } from '../audit/read-decisions.ts'
import type { DecisionPlace } from '../audit/read-decisions.ts'
import { readTime } from '../audit/search-filter.ts'
import { PosternError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { sendHtml } from '../web/pages.ts'
import { openConsole } from './console.ts'
import type { ConsoleVisitor } from './console.ts'
import { decisionPage, decisionsPage } from './decisions-page.ts'
import type { DecisionsQuery } from './decisions-page.ts'
import { PAGE_SIZE } from './policy-parts.ts'
import type { PolicyParts } from './policy-parts.ts'
import { askedFor } from './user-parts.ts'

const READ = { config: { access: 'postern.audit:read' } } as const
const SUMS = 20
const USUAL_SINCE = '24h'
const ID = /^[0-9a-f]{12}$/
const PLACE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f]{12})$/

/** `/admin/decisions…`: what verify decided, as far as it is kept. That somebody looked is written down. */
export function decisionsRoutes(app: FastifyInstance, parts: PolicyParts): void {
  const { database } = parts
  app.get('/admin/decisions', READ, async (request, reply) => {
    const { console, frame, visitor } = await openConsole(parts, request)
    const query = {
      user: askedFor(request.query, 'user').trim().toLowerCase(),
      app: askedFor(request.query, 'app').trim(),
      since: askedFor(request.query, 'since', 64).trim() || USUAL_SINCE,
    }
    const after = placeOf(askedFor(request.query, 'after', 64))
    const time = readTime(query.since, Date.now())
    const since = new Date(time ?? Number.NaN)
    const isBad = Number.isNaN(since.getTime())
    const question = { since, login: query.user || null, app: query.app || null }
    if (!isBad && after === null) await note(database, visitor, query)
    const refusals = isBad ? [] : await listRefusals(database, question, { after, limit: PAGE_SIZE })
    const sums = isBad || after !== null ? [] : await listDecisionSums(database, question, SUMS)
    const last = refusals.length < PAGE_SIZE ? undefined : refusals.at(-1)
    const page = decisionsPage({
      frame,
      console,
      query,
      refusals,
      sums,
      after: last === undefined ? null : `${last.decidedAt.toISOString()} ${last.id}`,
      isFirst: after === null,
      problem: isBad ? frame.words.say('audit.bad_question', { detail: query.since }) : null,
    })
    return sendHtml(reply, isBad ? 400 : 200, page)
  })

  app.get('/admin/decisions/:id', READ, async (request, reply) => {
    const { console, frame } = await openConsole(parts, request)
    const { id = '' } = request.params as Record<string, string>
    const decision = ID.test(id) ? await findDecision(database, id) : null
    if (decision === null) throw new PosternError('nothing_there', 'no such decision')
    return sendHtml(reply, 200, decisionPage({ frame, console, decision }))
  })
}

/** @throws PosternError `bad_request` */
function placeOf(text: string): DecisionPlace | null {
  if (text === '') return null
  const [, at = '', id = ''] = PLACE.exec(text) ?? []
  const time = new Date(at)
  if (Number.isNaN(time.getTime())) throw new PosternError('bad_request', 'query after')
  return { at: time, id }
}

async function note(database: Database, { principal }: ConsoleVisitor, asked: DecisionsQuery): Promise<void> {
  const { userId, login } = principal
  const filters = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== ''))
  const details = { filters }
  await recordEvent(database, {
    type: 'audit_searched',
    result: 'success',
    actor: { userId, login },
    resource: 'decisions',
    details,
  })
}
