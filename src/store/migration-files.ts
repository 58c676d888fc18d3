import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { OperatorError } from '../errors.ts'
import type { AppliedMigration } from './migrations-table.ts'

/** One file of the migrations folder. */
export interface MigrationFile {
  readonly id: number
  /** File name, such as `001_users_and_sessions.sql`. */
  readonly name: string
  readonly text: string
  readonly sha256: string
  /**
   * False for a file with a line `-- no-transaction`, for what PostgreSQL refuses inside one. Such a file holds a single
   * statement, since several that are sent together are one transaction.
   */
  readonly inTransaction: boolean
}

const NAME = /^(\d{3})_[a-z0-9_]+\.sql$/
const DUMP = 'schema.sql'
const NO_TRANSACTION = /^-- no-transaction\s*$/m

/**
 * The migrations of a folder in their order; `schema.sql` isn't one.
 * @throws Error for an SQL file that isn't named `NNN_name.sql`, or a number used twice
 */
export async function readMigrations(directory: string): Promise<MigrationFile[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql') && name !== DUMP).sort()
  const files = await Promise.all(names.map((name) => readMigration(directory, name)))
  const twice = files.find((file, index) => file.id === files[index - 1]?.id)
  if (twice) throw new Error(`Two migrations have the number of ${twice.name}.`)
  return files
}

/**
 * The files that a database doesn't have yet.
 * @throws OperatorError when it was migrated by a newer program, by a file that was edited since, or past a new file
 */
export function pendingFiles(files: readonly MigrationFile[], applied: readonly AppliedMigration[]): MigrationFile[] {
  const byId = new Map(files.map((file) => [file.id, file]))
  for (const migration of applied) refuseMismatch(migration, byId.get(migration.id))
  const last = applied.at(-1)?.id ?? 0
  const done = new Set(applied.map(({ id }) => id))
  const pending = files.filter(({ id }) => !done.has(id))
  for (const { id, name } of pending) if (id < last) throw new OperatorError(lateMessage(name))
  return pending
}

async function readMigration(directory: string, name: string): Promise<MigrationFile> {
  const id = NAME.exec(name)?.[1]
  if (id === undefined) throw new Error(`The migration ${name} is not named like 001_what_it_does.sql.`)
  const text = await readFile(join(directory, name), 'utf8')
  const sha256 = createHash('sha256').update(text).digest('hex')
  return { id: Number(id), name, text, sha256, inTransaction: !NO_TRANSACTION.test(text) }
}

function refuseMismatch({ name, sha256 }: AppliedMigration, file: MigrationFile | undefined): void {
  if (!file) throw new OperatorError(newerMessage(name))
  if (file.sha256 !== sha256) throw new OperatorError(editedMessage(file.name, name))
}

function newerMessage(name: string): string {
  const what = `The database is newer than this program: it has the migration ${name}, which this version lacks.`
  return `${what} Start the version that made it, or a later one.`
}

function editedMessage(file: string, applied: string): string {
  const what = `The migration ${file} differs from ${applied} as this database has it: an applied file must not change.`
  return `${what} Install the release again; put a change of your own into a new file.`
}

function lateMessage(name: string): string {
  return `The migration ${name} comes before one that this database already has. Give it the next free number.`
}
