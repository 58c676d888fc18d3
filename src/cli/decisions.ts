import type { Command } from 'commander'
import type { CommandResult } from '../commands/command.ts'
import type { Reply } from '../commands/control.ts'
import { MAX_REFUSALS, MAX_SUMS, showRefusals } from '../commands/decisions.ts'
import type { RefusalPage, ShownRefusal } from '../commands/decisions.ts'
import { OperatorError } from '../errors.ts'
import { withJson } from './command.ts'
import type { Options, Show } from './command.ts'
import type { RunInTurn } from './users-file.ts'

const SHOWN = 100

/** `audit decisions`: who was kept from what, and who used what how often. */
export function decisionCommands(audit: Command, { show, inTurn }: { show: Show; inTurn: RunInTurn }): void {
  withJson(audit.command('decisions').description('who was refused what and why, the newest first'))
    .option('--user <login>', 'of this person')
    .option('--actor <login>', 'the same as --user')
    .option('--app <app>', 'of this app of the policy')
    .option('--since <time>', 'from then on, such as 2026-01-31T12:00:00Z, or 2h, 7d', '24h')
    .option('--sums', 'who used which app how often instead, by the hour')
    .option('--limit <count>', `how many at most, up to ${MAX_SUMS}`, String(SHOWN))
    .action(async (options: Options) => {
      const { actor, user = actor, app, since } = options
      const question = { user, app, since }
      const limit = countOf(options['limit'])
      if (options['sums'] === true) {
        const sums = await inTurn((run) => run('audit decisions sums', { ...question, limit }))
        return show(resultOf(sums), options)
      }
      const refusals = await inTurn((run) => readRefusals(run, question, limit))
      show({ exitCode: 0, text: showRefusals(refusals), data: refusals }, options)
    })
}

/** A page after the other, so that no reply of a running server is large. */
async function readRefusals(
  run: (command: string, given: Options) => Promise<Reply>,
  question: Options,
  limit: number,
): Promise<ShownRefusal[]> {
  const refusals: ShownRefusal[] = []
  let cursor: string | null = null
  do {
    const size = Math.min(MAX_REFUSALS, limit - refusals.length)
    const given: Options = { ...question, limit: size, ...(cursor !== null && { cursor }) }
    const page = resultOf(await run('audit decisions', given)).data as RefusalPage
    refusals.push(...page.refusals)
    cursor = page.next
  } while (cursor !== null && refusals.length < limit)
  return refusals
}

function resultOf(reply: Reply): CommandResult {
  if ('refusal' in reply) throw new OperatorError(reply.refusal, reply.exitCode)
  return reply.result
}

function countOf(text: unknown): number {
  const count = typeof text === 'string' && /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= MAX_SUMS) return count
  throw new OperatorError(`--limit is a number from 1 to ${MAX_SUMS}.`, 2)
}
