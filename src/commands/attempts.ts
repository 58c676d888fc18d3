import { recordEvent } from '../audit/events.ts'
import { OperatorError } from '../errors.ts'
import { networkFault, queryOf, reportAttempts } from '../limits/attempt-report.ts'
import type { AttemptQuestion, ReportedAttempt } from '../limits/attempt-report.ts'
import { getUser } from '../users/users.ts'
import { counted, done, optionalText, table, textOf } from './command.ts'
import type { Arguments, Command, CommandContext } from './command.ts'

const SIDES: Readonly<Record<string, string>> = {
  person_network: 'person from network',
  network: 'network',
  person: 'person from anywhere',
  device: 'known device',
}

export const listAttempts: Command = async (context, given) => {
  const rows = await reportAttempts(context, questionOf(given))
  return done(rows.length === 0 ? 'Nobody failed lately.' : show(rows), rows)
}

export const clearAttempts: Command = async (context, given) => {
  const question = questionOf(given)
  if (Object.keys(question).length === 0 && given['all'] !== true)
    throw new OperatorError('Give --login or --network, or --all to clear every count.', 2)
  const cleared = await clear(context, question)
  return done(`Cleared ${counted(cleared, 'count')}.`, { cleared })
}

/** Lifts every stop of one person, that after a hundred failures in a row too. */
export const unlockUser: Command = async (context, given) => {
  const { login } = await getUser(context.database, textOf(given, 'login'))
  const cleared = await clear(context, { login })
  const text =
    cleared === 0 ? `${login} was not stopped.` : `${login} can try again; cleared ${counted(cleared, 'count')}.`
  return done(text, { login, cleared })
}

async function clear({ database, attempts }: CommandContext, question: AttemptQuestion): Promise<number> {
  const cleared = await attempts.clear(await queryOf(database, question))
  const { login, network } = question
  await recordEvent(database, {
    type: 'attempts_cleared',
    result: 'success',
    actor: null,
    ...(login !== undefined && { resource: `user:${login}` }),
    details: { cleared, ...(network !== undefined && { network }) },
  })
  return cleared
}

function questionOf(given: Arguments): AttemptQuestion {
  const login = optionalText(given, 'login')
  const network = optionalText(given, 'network')
  const fault = network === undefined ? null : networkFault(network)
  if (fault !== null) throw new OperatorError(fault, 2)
  return { ...(login !== undefined && { login }), ...(network !== undefined && { network }) }
}

function show(rows: readonly ReportedAttempt[]): string {
  return table(
    ['FAILED BY', 'FACTOR', 'LOGIN', 'NETWORK', 'FAILURES', 'LAST', 'STOPPED UNTIL'],
    rows.map((row) => [
      SIDES[row.side] ?? row.side,
      row.factor,
      row.login ?? '',
      row.network ?? '',
      String(row.failures),
      row.last_at,
      row.stopped_until ?? '',
    ]),
  )
}
