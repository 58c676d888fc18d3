import * as administration from '../administration/attempts.ts'
import { OperatorError } from '../errors.ts'
import { networkFault } from '../limits/attempt-report.ts'
import type { AttemptQuestion, ReportedAttempt } from '../limits/attempt-report.ts'
import { counted, done, optionalText, table, textOf } from './command.ts'
import type { Arguments, Command } from './command.ts'

const SIDES: Readonly<Record<string, string>> = {
  person_network: 'person from network',
  network: 'network',
  person: 'person from anywhere',
  device: 'known device',
}

export const listAttempts: Command = async (context, given) => {
  const rows = await administration.listAttempts(context, questionOf(given))
  return done(rows.length === 0 ? 'Nobody failed lately.' : show(rows), rows)
}

export const clearAttempts: Command = async (context, given) => {
  const question = questionOf(given)
  if (Object.keys(question).length === 0 && given['all'] !== true)
    throw new OperatorError('Give --login or --network, or --all to clear every count.', 2)
  const { cleared } = await administration.clearAttempts(context, null, question)
  return done(`Cleared ${counted(cleared, 'count')}.`, { cleared })
}

export const unlockUser: Command = async (context, given) => {
  const { login, cleared } = await administration.unlockUser(context, null, { login: textOf(given, 'login') })
  const text =
    cleared === 0 ? `${login} was not stopped.` : `${login} can try again; cleared ${counted(cleared, 'count')}.`
  return done(text, { login, cleared })
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
