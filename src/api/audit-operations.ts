import { Readable } from 'node:stream'
import { z } from 'zod'
import { recordEvent } from '../audit/events.ts'
import { exportEvents } from '../audit/export.ts'
import { FORMATS, formatOf, writeJson } from '../audit/format.ts'
import { readQuestion } from '../audit/search-filter.ts'
import type { EventFilter, EventQuestion } from '../audit/search-filter.ts'
import { isCursor, MAX_PAGE, searchEvents } from '../audit/search.ts'
import { PosternError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { operation } from './operation.ts'
import type { Caller, Operation } from './operation.ts'
import { MAYBE_TEXT, SINCE, TEXT } from './shapes.ts'

export interface AuditParts {
  readonly database: Database
  readonly publicUrl: URL
}

/** As the parameters of a query are called. */
const QUESTION: Readonly<Record<keyof typeof QUERY, keyof EventQuestion>> = {
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
const WORD = z.string().max(256).optional()
const QUERY = {
  actor: WORD.describe('Login, or the id of a user.'),
  type: WORD.describe('Such as sign_in.'),
  app: WORD.describe('Name of an app of the policy.'),
  resource: WORD.describe('What something was done to, such as user:alice.'),
  result: z.enum(['success', 'failure']).optional(),
  address: WORD.describe('An address, or a network in CIDR form.'),
  request_id: WORD,
  since: SINCE.optional(),
  until: SINCE.optional(),
} as const
const EVENT = z.strictObject({
  seq: TEXT.describe('Place in writing order; a whole number that may be too great for some readers of JSON.'),
  id: TEXT,
  occurred_at: TEXT.describe('In UTC with microseconds.'),
  event_type: TEXT,
  action: MAYBE_TEXT,
  resource: MAYBE_TEXT,
  result: TEXT,
  actor_id: MAYBE_TEXT,
  actor_login: MAYBE_TEXT,
  session_id: MAYBE_TEXT,
  ip_address: MAYBE_TEXT,
  user_agent: MAYBE_TEXT,
  request_id: MAYBE_TEXT,
  risk_score: z.number().nullable(),
  details: z.record(z.string(), z.unknown()),
})

/** What is read of the audit log. That somebody did is written down; who takes it all along proves who he is. */
export function auditOperations({ database, publicUrl }: AuditParts): readonly Operation[] {
  const common = { method: 'GET', tag: 'audit', access: 'postern.audit:read' } as const
  return [
    operation({
      ...common,
      name: 'searchAuditEvents',
      path: '/audit/events',
      summary: 'Lists events of the audit log, newest first',
      query: {
        ...QUERY,
        limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
        after: z.string().max(512).refine(isCursor).optional().describe('`next` of the page before.'),
        cursor: z.string().max(512).refine(isCursor).optional().describe('The same as `after`.'),
      },
      data: z.strictObject({ events: z.array(EVENT), next: MAYBE_TEXT }),
      async run({ query: { limit, after, cursor = after, ...asked }, caller }) {
        const { filter, question } = questionOf(asked)
        const wish = { order: 'newest', limit, cursor: cursor ?? null } as const
        const { events, next } = await searchEvents(database, filter, wish)
        if (cursor === undefined) await note(database, 'audit_searched', caller, { filters: question })
        // Written as it stands in the log: a number that is read and written again may be another.
        const written = `{"status":"ok","data":{"events":[${events.map(writeJson).join(',')}],"next":${JSON.stringify(next)}}}`
        return { written, contentType: 'application/json; charset=utf-8' }
      },
    }),
    operation({
      ...common,
      name: 'exportAuditEvents',
      path: '/audit/export',
      summary: 'Gives events of the audit log as a file, oldest first',
      needsProof: true,
      query: { ...QUERY, format: z.enum(FORMATS) },
      data: z.string(),
      writes: ['text/csv', 'application/x-ndjson', 'text/plain'],
      async run({ query: { format: name, ...asked }, caller }) {
        const { filter, question } = questionOf(asked)
        await note(database, 'audit_exported', caller, { filters: question, format: name })
        const format = formatOf(name, publicUrl.hostname)
        const read = (cursor: string | null) =>
          searchEvents(database, filter, { order: 'oldest', limit: MAX_PAGE, cursor })
        const fileName = `postern-audit.${name === 'syslog' ? 'log' : name}`
        return { written: Readable.from(exportEvents(read, format)), contentType: format.contentType, fileName }
      },
    }),
  ]
}

type Asked = Partial<Record<keyof typeof QUERY, string | undefined>>

function questionOf(asked: Asked): { filter: EventFilter; question: EventQuestion } {
  const given = Object.entries(asked).filter(([, value]) => value !== undefined)
  const question = Object.fromEntries(given.map(([name, value]) => [QUESTION[name as keyof Asked], value]))
  const filter = readQuestion(question, Date.now())
  if (typeof filter === 'string') throw new PosternError('bad_request', filter)
  return { filter, question }
}

async function note(
  database: Database,
  type: 'audit_searched' | 'audit_exported',
  { principal: { userId, login } }: Caller,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await recordEvent(database, { type, result: 'success', actor: { userId, login }, resource: 'audit', details })
}
