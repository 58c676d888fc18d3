import { z } from 'zod'
import { recordEvent } from '../audit/events.ts'
import { listDecisionSums, listRefusals } from '../audit/read-decisions.ts'
import type { DecisionPlace, DecisionQuestion, RecordedDecision } from '../audit/read-decisions.ts'
import { readTime } from '../audit/search-filter.ts'
import { PosternError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { operation, PAGE } from './operation.ts'
import type { Caller, Operation } from './operation.ts'
import { APP, COUNT, MAYBE_TEXT, readPlace, SINCE, TEXT, TEXTS, TIME, writePlace } from './shapes.ts'

const REFUSAL = z.strictObject({
  id: TEXT.describe('Number that the visitor was shown.'),
  decided_at: TIME,
  last_at: TIME,
  times: COUNT,
  kind: TEXT,
  reason: MAYBE_TEXT,
  policy_version: COUNT,
  app: MAYBE_TEXT,
  named_app: MAYBE_TEXT,
  rule: COUNT.nullable(),
  method: MAYBE_TEXT,
  scheme: MAYBE_TEXT,
  host: MAYBE_TEXT,
  path: MAYBE_TEXT,
  path_is_cut: z.boolean(),
  reading: MAYBE_TEXT,
  client_address: MAYBE_TEXT,
  login: MAYBE_TEXT,
  roles: TEXTS,
})
const SUM = z.strictObject({
  user_id: MAYBE_TEXT,
  login: MAYBE_TEXT,
  app: TEXT,
  kind: TEXT,
  count: COUNT,
  first_hour: TIME,
  last_hour: TIME,
})
const QUERY = { user: z.string().min(1).max(64).optional(), app: APP.optional(), since: SINCE.default('24h') }
const PLACE = [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, /^[0-9a-f]{12}$/] as const
const MAX_SUMS = 1_000

/** What verify decided, as far as it is kept. That somebody looked is written down. */
export function decisionOperations(database: Database): readonly Operation[] {
  const common = { method: 'GET', tag: 'decisions', access: 'postern.audit:read' } as const
  return [
    operation({
      ...common,
      name: 'listRefusals',
      path: '/decisions/refusals',
      summary: 'Lists requests that were refused, newest first',
      query: { ...QUERY, ...PAGE },
      data: z.array(REFUSAL),
      async run({ query: { limit, after, ...asked }, caller }) {
        const place = after === undefined ? null : placeOf(after)
        if (place === null) await note(database, caller, asked)
        const found = await listRefusals(database, questionOf(asked), { after: place, limit })
        const last = found.length < limit ? undefined : found.at(-1)
        const next = last === undefined ? null : writePlace(last.decidedAt.toISOString(), last.id)
        return { data: found.map(describe), next }
      },
    }),
    operation({
      ...common,
      name: 'listDecisionSums',
      path: '/decisions/sums',
      summary: 'Tells how often people used apps or were kept from them, the greatest sums first',
      query: { ...QUERY, limit: z.coerce.number().int().min(1).max(MAX_SUMS).default(100) },
      data: z.array(SUM),
      async run({ query: { limit, ...asked }, caller }) {
        await note(database, caller, asked)
        const sums = await listDecisionSums(database, questionOf(asked), limit)
        return {
          data: sums.map(({ userId, login, app, kind, count, firstHour, lastHour }) => {
            const hours = { first_hour: firstHour.toISOString(), last_hour: lastHour.toISOString() }
            return { user_id: userId, login, app, kind, count, ...hours }
          }),
        }
      },
    }),
  ]
}

interface Asked {
  readonly user?: string | undefined
  readonly app?: string | undefined
  readonly since: string
}

function questionOf({ user, app, since: text }: Asked): DecisionQuestion {
  const since = readTime(text, Date.now())
  if (since === null) throw new PosternError('bad_request', 'parameter since')
  return { since: new Date(since), login: user?.toLowerCase() ?? null, app: app ?? null }
}

function placeOf(after: string): DecisionPlace {
  const [at, id] = readPlace(after, ...PLACE) ?? []
  if (at === undefined || id === undefined || Number.isNaN(Date.parse(at)))
    throw new PosternError('bad_request', 'parameter after')
  return { at: new Date(at), id }
}

function describe(refusal: RecordedDecision): z.input<typeof REFUSAL> {
  const { id, kind, reason, app, rule, method, scheme, host, path, reading, times, login } = refusal
  return {
    id,
    decided_at: refusal.decidedAt.toISOString(),
    last_at: refusal.lastAt.toISOString(),
    times,
    kind,
    reason,
    policy_version: refusal.policyVersion,
    app,
    named_app: refusal.namedApp,
    rule,
    method,
    scheme,
    host,
    path,
    path_is_cut: refusal.pathIsCut,
    reading,
    client_address: refusal.clientAddress,
    login,
    roles: [...refusal.roles],
  }
}

async function note(database: Database, { principal }: Caller, { user, app, since }: Asked): Promise<void> {
  const filters = { ...(user !== undefined && { user }), ...(app !== undefined && { app }), since }
  const { userId, login } = principal
  await recordEvent(database, {
    type: 'audit_searched',
    result: 'success',
    actor: { userId, login },
    resource: 'decisions',
    details: { filters },
  })
}
