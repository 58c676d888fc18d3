import type { Queryable } from '../store/database.ts'
import { LIST_DECISION_SUMS } from './decision-sums-table.ts'
import { FIND_DECISION, LIST_DECISIONS, LIST_REFUSALS } from './decisions-table.ts'
import type { DecisionRow } from './decisions-table.ts'

/** One decision as it was written down. */
export interface RecordedDecision {
  readonly id: string
  readonly decidedAt: Date
  readonly kind: string
  readonly reason: string | null
  /** True for one that stands for others like it. */
  readonly sampled: boolean
  readonly policyVersion: number
  readonly app: string | null
  /** App that the proxy named, or null. */
  readonly namedApp: string | null
  readonly rule: number | null
  readonly method: string | null
  readonly scheme: string | null
  /** With its port where one was given. */
  readonly host: string | null
  /** Without the query. */
  readonly path: string | null
  readonly pathIsCut: boolean
  /** The path as the rule that decided read it, where that is not as it was sent. */
  readonly reading: string | null
  /** How often the same was decided within a minute, and when last. */
  readonly times: number
  readonly lastAt: Date
  readonly clientAddress: string | null
  readonly login: string | null
  readonly roles: readonly string[]
  /** Seconds since each factor was proven. */
  readonly factorAges: readonly number[]
}

/** Which decisions are meant; what is null narrows nothing down. */
export interface DecisionQuestion {
  readonly since: Date
  readonly login: string | null
  readonly app: string | null
}

/** Where a page ended: the next begins after it. */
export interface DecisionPlace {
  readonly at: Date
  readonly id: string
}

/** How often somebody used an app, or was kept from it. */
export interface DecisionSum {
  /** Null for nobody. */
  readonly userId: string | null
  /** Null for nobody, and for whoever is gone. */
  readonly login: string | null
  readonly app: string
  readonly kind: string
  readonly count: number
  readonly firstHour: Date
  readonly lastHour: Date
}

/** Few enough that judging a page keeps nobody waiting. */
const PAGE = 500
const LAST_ID = 'g'

/** A decision by the number that its visitor was shown, or null. */
export async function findDecision(database: Queryable, id: string): Promise<RecordedDecision | null> {
  const [row] = await database.query(FIND_DECISION, id.toLowerCase())
  return row === undefined ? null : toRecorded(row)
}

/** The last so many decisions, newest first, a page at a time. */
export async function* recentDecisions(database: Queryable, limit: number): AsyncGenerator<RecordedDecision> {
  let before = afterAll()
  for (let left = limit; left > 0; left -= PAGE) {
    const rows = await database.query(LIST_DECISIONS, before.at, before.id, Math.min(left, PAGE))
    yield* rows.map(toRecorded)
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    before = { at: last.decided_at, id: last.id }
  }
}

/** Refusals, newest first. @param after where the page before ended, or null */
export async function listRefusals(
  database: Queryable,
  { since, login, app }: DecisionQuestion,
  { after, limit }: { after: DecisionPlace | null; limit: number },
): Promise<readonly RecordedDecision[]> {
  const { at, id } = after ?? afterAll()
  const rows = await database.query(LIST_REFUSALS, at, id, limit, since, login, app)
  return rows.map(toRecorded)
}

/** Sums by user, app and kind over the hours since then, the greatest first. */
export async function listDecisionSums(
  database: Queryable,
  { since, login, app }: DecisionQuestion,
  limit: number,
): Promise<readonly DecisionSum[]> {
  const rows = await database.query(LIST_DECISION_SUMS, since, login, app, limit)
  return rows.map((row) => ({
    userId: row.user_id,
    login: row.login,
    app: row.app,
    kind: row.kind,
    count: row.count,
    firstHour: row.first_hour,
    lastHour: row.last_hour,
  }))
}

/** Clocks may differ a little. */
function afterAll(): DecisionPlace {
  return { at: new Date(Date.now() + 86_400_000), id: LAST_ID }
}

function toRecorded(row: DecisionRow): RecordedDecision {
  return {
    id: row.id,
    decidedAt: row.decided_at,
    kind: row.kind,
    reason: row.reason,
    sampled: row.sampled,
    policyVersion: row.policy_version,
    app: row.app,
    namedApp: row.named_app,
    rule: row.rule,
    method: row.method,
    scheme: row.scheme,
    host: row.host,
    path: row.path,
    pathIsCut: row.path_is_cut,
    reading: row.reading,
    times: row.times,
    lastAt: row.last_at,
    clientAddress: row.client_address,
    login: row.login,
    roles: row.roles,
    factorAges: row.factor_ages,
  }
}
