import { recordEvent } from '../audit/events.ts'
import { listDecisionSums, listRefusals } from '../audit/read-decisions.ts'
import type { DecisionPlace, DecisionQuestion, DecisionSum, RecordedDecision } from '../audit/read-decisions.ts'
import { readTime } from '../audit/search-filter.ts'
import { OperatorError } from '../errors.ts'
import { recordedReasonWords } from '../policies/decision-words.ts'
import { done, optionalText, table } from './command.ts'
import type { Arguments, Command, CommandContext } from './command.ts'

/** Refusals as they travel, with where to go on from; null after the last. */
export interface RefusalPage {
  readonly refusals: readonly ShownRefusal[]
  readonly next: string | null
}

/** A refusal as programs read it, and as JSON can hold it. */
export type ShownRefusal = Omit<RecordedDecision, 'decidedAt' | 'lastAt' | 'sampled' | 'factorAges'> & {
  readonly decidedAt: string
  readonly lastAt: string
}

/** Most of one page. */
export const MAX_REFUSALS = 500
/** Most sums that are asked for at once: some 1 MB. */
export const MAX_SUMS = 10_000

const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f]{12})$/
const MAX_SHOWN_PATH = 60
/** What could end a line, move a cursor or turn a text around. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu

/** One page of what was refused, newest first; that somebody looked is written down with the first. */
export const listDecisions: Command = async (context, given) => {
  const question = questionOf(given)
  const after = placeOf(given)
  const limit = limitOf(given, MAX_REFUSALS)
  if (after === null) await note(context, given)
  const found = await listRefusals(context.database, question, { after, limit })
  const last = found.length < limit ? undefined : found.at(-1)
  const next = last === undefined ? null : `${last.decidedAt.toISOString()} ${last.id}`
  const refusals = found.map(shown)
  return done(showRefusals(refusals), { refusals, next } satisfies RefusalPage)
}

/** Who used which app how often, or was kept from it. */
export const listSums: Command = async (context, given) => {
  const question = questionOf(given)
  const limit = limitOf(given, MAX_SUMS)
  await note(context, given)
  const sums = await listDecisionSums(context.database, question, limit)
  return done(showSums(sums), sums)
}

/** Refusals in lines of a terminal. */
export function showRefusals(refusals: readonly ShownRefusal[]): string {
  if (refusals.length === 0) return 'Nothing was refused that fits.'
  const rows = refusals.map((refusal) => {
    const { id, decidedAt, times, login, clientAddress, app, rule, kind, reason, method, host, path } = refusal
    const what = path === null ? '' : `${method} ${host}${shorten(path)}`
    const why = reason === null ? kind : recordedReasonWords(reason)
    const by = app === null ? '' : `${app}${rule === null ? '' : ` rule ${rule}`}`
    const cells = [decidedAt.slice(0, 19), id, String(times), login ?? '', clientAddress ?? '', by, what, why]
    return cells.map((cell) => cell.replace(CONTROLS, '\ufffd'))
  })
  return table(['TIME (UTC)', 'NUMBER', 'TIMES', 'WHO', 'FROM', 'BY', 'WHAT', 'WHY'], rows)
}

function showSums(sums: readonly DecisionSum[]): string {
  if (sums.length === 0) return 'Nothing was counted that fits.'
  const rows = sums.map(({ login, userId, app, kind, count, firstHour, lastHour }) => {
    const hours = [firstHour, lastHour].map((hour) => hour.toISOString().slice(0, 13))
    return [login ?? (userId === null ? '(nobody)' : `(gone) ${userId}`), app, kind, String(count), ...hours]
  })
  return table(['WHO', 'APP', 'DECISION', 'COUNT', 'FIRST HOUR', 'LAST HOUR'], rows)
}

function shown({ decidedAt, lastAt, sampled: _sampled, factorAges: _ages, ...facts }: RecordedDecision): ShownRefusal {
  return { ...facts, decidedAt: decidedAt.toISOString(), lastAt: lastAt.toISOString() }
}

function shorten(path: string): string {
  return path.length > MAX_SHOWN_PATH ? `${path.slice(0, MAX_SHOWN_PATH - 1)}…` : path
}

function questionOf(given: Arguments): DecisionQuestion {
  const since = readTime(optionalText(given, 'since') ?? '24h', Date.now())
  if (since === null) throw new OperatorError('--since takes a moment such as 2026-01-31T12:00:00Z, or 2h, 7d.', 2)
  const login = optionalText(given, 'user')?.toLowerCase() ?? null
  return { since: new Date(since), login, app: optionalText(given, 'app') ?? null }
}

function placeOf(given: Arguments): DecisionPlace | null {
  const cursor = optionalText(given, 'cursor')
  if (cursor === undefined) return null
  const [, at, id] = CURSOR.exec(cursor) ?? []
  if (at === undefined || id === undefined) throw new OperatorError('The place to go on from is not one of ours.', 2)
  return { at: new Date(at), id }
}

function limitOf({ limit = MAX_REFUSALS }: Arguments, most: number): number {
  if (typeof limit === 'number' && Number.isInteger(limit) && limit > 0 && limit <= most) return limit
  throw new OperatorError(`A page has 1 to ${most} of them.`, 2)
}

async function note({ database }: CommandContext, given: Arguments): Promise<void> {
  const filters = Object.fromEntries(
    ['user', 'app', 'since'].flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
  )
  await recordEvent(database, {
    type: 'audit_searched',
    result: 'success',
    actor: null,
    resource: 'decisions',
    details: { filters },
  })
}
