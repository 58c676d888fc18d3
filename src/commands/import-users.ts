import { recordEvent } from '../audit/events.ts'
import { OperatorError } from '../errors.ts'
import { importUsers } from '../users/import-users.ts'
import type { ImportOutcome, OnConflict } from '../users/import-users.ts'
import type { ImportedUser } from '../users/imported-user.ts'
import { writeCsvRow } from '../lib/csv.ts'
import { listUsers } from '../users/users.ts'
import { done, textOf } from './command.ts'
import type { Arguments, Command, CommandContext } from './command.ts'

const EXPORTED = ['login', 'email', 'name', 'roles', 'disabled'] as const

/** Carries the outcome out of a transaction that is to leave nothing behind. */
class DryRun extends Error {
  readonly outcome: ImportOutcome

  constructor(outcome: ImportOutcome) {
    super('a dry run')
    this.outcome = outcome
  }
}

/** Takes over some of the people of a file, in one transaction; `readImport` has read them. */
export const importBatch: Command = async (context, given) => {
  const { passwords } = context
  const users = usersOf(given)
  const faults = users.map(({ hash }) => (hash === null ? null : passwords.foreignFault(hash)))
  const badHashes = users.flatMap(({ line }, index) => {
    const fault = faults[index] ?? null
    return fault === null ? [] : [{ line, sentence: fault }]
  })
  const right = users.filter((_, index) => faults[index] === null)
  const outcome = await importAll(context, right, given)
  const refused = [...outcome.refused, ...badHashes].toSorted((one, other) => one.line - other.line)
  return done('', { ...outcome, refused } satisfies ImportOutcome)
}

/** Everybody as CSV, without passwords; `user import` reads it again. */
export const exportUsers: Command = async ({ database }) => {
  const users = await listUsers(database)
  const rows = users.map(({ login, email, name, roles, disabled_at: disabledAt }) => ({
    login,
    email,
    name,
    roles,
    disabled: disabledAt !== null,
  }))
  await recordEvent(database, {
    type: 'users_exported',
    result: 'success',
    actor: null,
    details: { count: rows.length },
  })
  const lines = rows.map(({ login, email, name, roles, disabled }) =>
    writeCsvRow([login, email, name, roles.join(' '), disabled ? 'yes' : 'no']),
  )
  return done([EXPORTED.join(','), ...lines].join('\r\n'), rows)
}

async function importAll(
  { database, feed }: CommandContext,
  users: readonly ImportedUser[],
  given: Arguments,
): Promise<ImportOutcome> {
  const onConflict = onConflictOf(given)
  const dryRun = given['dryRun'] === true
  try {
    return await feed.commit(database, async (tx) => {
      const outcome = await importUsers(tx, users, onConflict)
      if (dryRun) throw new DryRun(outcome)
      const { created, updated } = outcome
      const details = { created, updated, by: textOf(given, 'by') }
      if (created + updated > 0)
        await recordEvent(tx, { type: 'users_imported', result: 'success', actor: null, details })
      return outcome
    })
  } catch (error) {
    if (error instanceof DryRun) return error.outcome
    throw error
  }
}

function onConflictOf({ onConflict = 'skip' }: Arguments): OnConflict {
  if (onConflict === 'skip' || onConflict === 'update') return onConflict
  throw new OperatorError('--on-conflict is skip or update.', 2)
}

/** They come from `readImport`, in this process or by the control socket, which only our own user can open. */
function usersOf({ users }: Arguments): readonly ImportedUser[] {
  if (Array.isArray(users)) return users as readonly ImportedUser[]
  throw new OperatorError('users is missing. See --help.', 2)
}
