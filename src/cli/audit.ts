import type { Command } from 'commander'
import { SINK_NAMES } from '../audit/deliver.ts'
import type { EventFormat } from '../audit/format.ts'
import { FORMATS, formatOf } from '../audit/format.ts'
import type { FormatName } from '../audit/format.ts'
import { readTime } from '../audit/search-filter.ts'
import type { EventRow } from '../audit/search-table.ts'
import { MAX_PAGE } from '../audit/search.ts'
import type { EventPage } from '../audit/search.ts'
import { QUESTION_KEYS, showEvents } from '../commands/audit-search.ts'
import type { Reply } from '../commands/control.ts'
import { OperatorError } from '../errors.ts'
import { writeExport } from './audit-export.ts'
import { auditVerifyCommands } from './audit-verify.ts'
import { withJson } from './command.ts'
import type { Options, Order, Show } from './command.ts'
import type { RunInTurn } from './users-file.ts'

/** More than anybody reads; a file takes the rest. */
const MAX_SHOWN = 10_000
const SHOWN = 50

export interface AuditCommandParts {
  readonly order: Order
  readonly show: Show
  readonly inTurn: RunInTurn
  /** Name of the portal's host, whom syslog messages are from. */
  readonly host: () => string
}

/** `audit`: what was written down of who did what. */
export function auditCommands(audit: Command, parts: AuditCommandParts): void {
  const { order, show, inTurn, host } = parts
  auditVerifyCommands(audit, parts)
  narrowed(withJson(audit.command('search').description('who did what, the newest first')))
    .option('--limit <count>', `how many at most, up to ${MAX_SHOWN}`, String(SHOWN))
    .action(async (options: Options) => {
      const limit = countOf(options['limit'])
      const events = await inTurn((run) => search(run, questionOf(options), limit))
      show({ exitCode: 0, text: showEvents(events), data: events.map(parsed) }, options)
    })
  narrowed(audit.command('export').description('all of it that fits, the oldest first'))
    .requiredOption('--format <format>', FORMATS.join(', '))
    .option('--output <file>', 'write to this file, for its owner alone, instead of standard output')
    .action(async (options: Options) => {
      const { name, format } = formatFor(options['format'], host())
      const given = { ...questionOf(options), format: name }
      await inTurn((run) => writeExport(pagesOf(run, 'audit export', given), format, outputOf(options)))
    })
  withJson(audit.command('deliver').description('how far the log has been sent to a webhook or syslog'))
    .option('--sink <sink>', `only ${SINK_NAMES.join(' or ')}`)
    .option('--from <time>', 'send again what was written from then on, such as 2026-01-31, or 7d')
    .action((options: Options) => order('audit deliver', options, options))
}

type Run = (command: string, given: Options) => Promise<Reply>

function narrowed(command: Command): Command {
  return command
    .option('--actor <who>', 'of this login, or user id')
    .option('--user <who>', 'the same as --actor')
    .option('--type <type>', 'of this kind, such as sign_in')
    .option('--app <app>', 'about this app of the policy')
    .option('--resource <resource>', 'done to this, such as user:alice')
    .option('--result <result>', 'success or failure')
    .option('--address <address>', 'from this address or network, such as 192.0.2.0/24')
    .option('--request-id <id>', 'of one request')
    .option('--since <time>', 'from then on, such as 2026-01-31T12:00:00Z, or 2h, 7d')
    .option('--until <time>', 'until before then')
}

/** Lengths before now become moments, so that all pages mean the same ones. */
function questionOf(options: Options): Options {
  const now = Date.now()
  const given = QUESTION_KEYS.flatMap((key) => {
    const text = key === 'actor' ? (options['actor'] ?? options['user']) : options[key]
    if (typeof text !== 'string') return []
    return [[key, key === 'since' || key === 'until' ? (readTime(text, now) ?? text) : text] as const]
  })
  return Object.fromEntries(given)
}

function countOf(text: unknown): number {
  const count = typeof text === 'string' && /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > MAX_SHOWN)
    throw new OperatorError(`--limit is a number from 1 to ${MAX_SHOWN}. For more: postern audit export.`, 2)
  return count
}

function formatFor(text: unknown, host: string): { name: FormatName; format: EventFormat } {
  const name = FORMATS.find((each) => each === text)
  if (name === undefined) throw new OperatorError(`--format is one of: ${FORMATS.join(', ')}.`, 2)
  return { name, format: formatOf(name, host) }
}

function outputOf({ output }: Options): string | null {
  return typeof output === 'string' ? output : null
}

async function search(run: Run, question: Options, limit: number): Promise<EventRow[]> {
  const events: EventRow[] = []
  for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
    const size = Math.min(MAX_PAGE, limit - events.length)
    if (size === 0) break
    const page = await pagesOf(run, 'audit search', { ...question, limit: size })(cursor)
    events.push(...page.events)
    cursor = page.next
  }
  return events
}

function pagesOf(run: Run, command: string, given: Options): (cursor: string | null) => Promise<EventPage> {
  return async (cursor) => {
    const reply = await run(command, { ...given, ...(cursor !== null && { cursor }) })
    if ('refusal' in reply) throw new OperatorError(reply.refusal, reply.exitCode)
    return reply.result.data as EventPage
  }
}

function parsed({ details, ...row }: EventRow): object {
  return { ...row, details: JSON.parse(details) as unknown }
}
