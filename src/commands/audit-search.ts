import { recordEvent } from '../audit/events.ts'
import { readQuestion } from '../audit/search-filter.ts'
import type { EventQuestion } from '../audit/search-filter.ts'
import { isCursor, MAX_PAGE, searchEvents } from '../audit/search.ts'
import type { EventPage, PageWish } from '../audit/search.ts'
import type { EventRow } from '../audit/search-table.ts'
import { OperatorError } from '../errors.ts'
import { done, optionalText, table } from './command.ts'
import type { Arguments, Command, CommandContext } from './command.ts'

/** What can be asked by, as options are called without their dashes. */
export const QUESTION_KEYS = [
  'actor',
  'type',
  'app',
  'resource',
  'result',
  'address',
  'requestId',
  'since',
  'until',
] as const satisfies readonly (keyof EventQuestion)[]

/** What could end a line, move a cursor or turn a text around. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu

/** One page, the newest first; that somebody looked is written down with the first. */
export const searchAudit: Command = async (context, given) => {
  const page = await readPage(context, given, 'newest')
  if (isFirst(given)) await note(context, 'audit_searched', given, {})
  return done(showEvents(page.events), page)
}

/** One page of an export, the oldest first. */
export const exportAudit: Command = async (context, given) => {
  const page = await readPage(context, given, 'oldest')
  const format = optionalText(given, 'format')
  if (isFirst(given)) await note(context, 'audit_exported', given, format === undefined ? {} : { format })
  return done('', page)
}

/** Who did what, from where, in lines of a terminal. */
export function showEvents(events: readonly EventRow[]): string {
  if (events.length === 0) return 'Nothing was written down that fits.'
  const rows = events.map((event) => {
    const details = JSON.parse(event.details) as Readonly<Record<string, unknown>>
    const { operator } = details
    const who = event.actor_login ?? (typeof operator === 'string' ? `operator ${operator}` : '')
    const what = event.resource === null ? event.event_type : `${event.event_type} ${event.resource}`
    const cells = [
      event.occurred_at.slice(0, 19),
      who,
      what,
      event.result,
      event.ip_address ?? '',
      showDetails(details),
    ]
    return cells.map((cell) => cell.replace(CONTROLS, '\ufffd'))
  })
  return table(['TIME (UTC)', 'WHO', 'WHAT', 'RESULT', 'FROM', 'DETAILS'], rows)
}

/** @throws OperatorError for what can't be read */
async function readPage({ database }: CommandContext, given: Arguments, order: PageWish['order']): Promise<EventPage> {
  const filter = readQuestion(questionOf(given), Date.now())
  if (typeof filter === 'string') throw new OperatorError(filter, 2)
  const { limit = MAX_PAGE } = given
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE)
    throw new OperatorError(`A page has 1 to ${MAX_PAGE} events.`, 2)
  const cursor = optionalText(given, 'cursor') ?? null
  if (cursor !== null && !isCursor(cursor)) throw new OperatorError('The place to go on from is not one of ours.', 2)
  return searchEvents(database, filter, { order, limit, cursor })
}

function questionOf(given: Arguments): EventQuestion {
  return Object.fromEntries(
    QUESTION_KEYS.flatMap((key) => {
      const text = optionalText(given, key)
      return text === undefined ? [] : [[key, text]]
    }),
  )
}

function isFirst(given: Arguments): boolean {
  return given['cursor'] === undefined
}

async function note(
  { database }: CommandContext,
  type: 'audit_searched' | 'audit_exported',
  given: Arguments,
  about: Readonly<Record<string, unknown>>,
): Promise<void> {
  const details = { filters: questionOf(given), ...about }
  await recordEvent(database, { type, result: 'success', actor: null, resource: 'audit', details })
}

function showDetails(details: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(details).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return parts.join(' ')
}
