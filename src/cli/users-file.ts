import { readFileSync, statSync } from 'node:fs'
import type { Command } from 'commander'
import type { Reply } from '../commands/control.ts'
import { operatorName } from '../commands/operator.ts'
import { IMPORT_FORMATS, MAX_IMPORT_BYTES, readImport } from '../commands/read-import.ts'
import { OperatorError } from '../errors.ts'
import type { ImportOutcome } from '../users/import-users.ts'
import type { ImportFault, ImportedUser } from '../users/imported-user.ts'
import { withJson } from './command.ts'
import type { Options, Order, Show } from './command.ts'

/** Runs any number of commands on one store. */
export type RunInTurn = <T>(
  work: (run: (command: string, given: Options) => Promise<Reply>) => Promise<T>,
) => Promise<T>

/** One transaction each. */
const MAX_BATCH = 1_000
const MAX_BATCH_CHARACTERS = 2_000_000
const BAR_FROM = 1_000
const BAR_WIDTH = 30
const MAX_TOLD = 200

interface Parts {
  readonly order: Order
  readonly show: Show
  readonly inTurn: RunInTurn
}

/** The commands that take people over from a file, and write one. */
export function userFileCommands(user: Command, { order, show, inTurn }: Parts): void {
  withJson(user.command('import <file>').description('take people over from another program'))
    .requiredOption('--format <format>', IMPORT_FORMATS.join(', '))
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--on-conflict <how>', 'skip whoever is there already, or update them', 'skip')
    .option('--email-domain <domain>', 'make addresses of logins that have none')
    .option('--pepper-mix <how>', 'how a pepper was mixed in before bcrypt')
    .action(async (file: string, options: Options) => show(await importPeople(file, options, inTurn), options))
  withJson(user.command('export').description('everybody as CSV, without passwords')).action((options: Options) =>
    order('user export', {}, options),
  )
}

async function importPeople(file: string, options: Options, inTurn: RunInTurn): Promise<ReturnType<typeof report>> {
  const { users, faults } = readImport(readBytes(file), options)
  const { dryRun, onConflict } = options
  const total = { created: 0, updated: 0, skipped: 0, refused: [...faults] as ImportFault[] }
  const tell = progress(users.length)
  await inTurn(async (run) => {
    let finished = 0
    for (const batch of batchesOf(users)) {
      const given = { users: batch, dryRun: dryRun === true, onConflict, by: operatorName() }
      const outcome = outcomeOf(await run('user import', given))
      total.created += outcome.created
      total.updated += outcome.updated
      total.skipped += outcome.skipped
      total.refused.push(...outcome.refused)
      tell((finished += batch.length))
    }
  })
  return report(total, dryRun === true)
}

function readBytes(file: string): Buffer {
  try {
    if (statSync(file).size > MAX_IMPORT_BYTES) throw new OperatorError('The file is over 64 MiB. Import it in parts.')
    return readFileSync(file)
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause
    throw new OperatorError(`${file} can't be read. Check its path and permissions.`, 1, { cause })
  }
}

function* batchesOf(users: readonly ImportedUser[]): Generator<readonly ImportedUser[]> {
  let batch: ImportedUser[] = []
  let characters = 0
  for (const user of users) {
    const size = JSON.stringify(user).length
    if (batch.length === MAX_BATCH || characters + size > MAX_BATCH_CHARACTERS) {
      yield batch
      batch = []
      characters = 0
    }
    batch.push(user)
    characters += size
  }
  if (batch.length > 0) yield batch
}

function outcomeOf(reply: Reply): ImportOutcome {
  if ('refusal' in reply)
    throw new OperatorError(`${reply.refusal} What came before is done; run it again to go on.`, reply.exitCode)
  return reply.result.data as ImportOutcome
}

/** A bar on a terminal, for so many that it is worth one; else nothing. */
function progress(all: number): (finished: number) => void {
  if (all <= BAR_FROM || !process.stderr.isTTY) return () => {}
  return (finished) => {
    const filled = Math.floor((BAR_WIDTH * finished) / all)
    const bar = `${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}`
    process.stderr.write(`\r${bar} ${finished} of ${all}${finished === all ? '\n' : ''}`)
  }
}

function report(total: ImportOutcome, dryRun: boolean): { exitCode: 0 | 1; text: string; data: unknown } {
  const refused = total.refused.toSorted((one, other) => one.line - other.line)
  const { created, updated, skipped } = total
  const told = refused.slice(0, MAX_TOLD).map(({ line, sentence }) => `line ${line}: ${sentence}`)
  const more = refused.length > MAX_TOLD ? [`and ${refused.length - MAX_TOLD} more; --json tells all.`] : []
  const counts = `${created} created, ${updated} updated, ${skipped} left as they were, ${refused.length} refused.`
  const last = dryRun ? `This would be: ${counts} Nothing was written.` : counts
  return {
    exitCode: refused.length === 0 ? 0 : 1,
    text: [...told, ...more, last].join('\n'),
    data: { created, updated, skipped, refused, dry_run: dryRun },
  }
}
