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
  /**
   * From which schema on programs go on working once this file is applied, said by its line
   * `-- works with programs from schema 021`. Null for a file without it: then only those that have it.
   */
  readonly worksFrom: number | null
}

const NAME = /^(\d{3})_[a-z0-9_]+\.sql$/
const DUMP = 'schema.sql'
const NO_TRANSACTION = /^-- no-transaction\s*$/m
const WORKS_FROM = /^-- works with programs from schema (\d{3})\s*$/m

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
 * The files that a database doesn't have yet. It may have further ones that a newer program brought, as long as each says
 * that it works with programs of this age.
 * @throws OperatorError when it is too new for this program, has a file that was edited since, or is past a new file
 */
export function pendingFiles(files: readonly MigrationFile[], applied: readonly AppliedMigration[]): MigrationFile[] {
  const byId = new Map(files.map((file) => [file.id, file]))
  const newest = files.at(-1)?.id ?? 0
  for (const migration of applied) {
    const file = byId.get(migration.id)
    if (file === undefined) refuseTooNew(migration, newest)
    else refuseEdited(migration, file)
  }
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
  const worksFrom = WORKS_FROM.exec(text)?.[1]
  return {
    id: Number(id),
    name,
    text,
    sha256,
    inTransaction: !NO_TRANSACTION.test(text),
    worksFrom: worksFrom === undefined ? null : Number(worksFrom),
  }
}

/** @param newest number of the program's last file */
function refuseTooNew({ id, name, works_from: worksFrom }: AppliedMigration, newest: number): void {
  if (id < newest || worksFrom === null || worksFrom > newest) throw new OperatorError(newerMessage(name))
}

function refuseEdited({ name, sha256 }: AppliedMigration, file: MigrationFile): void {
  if (file.sha256 !== sha256) throw new OperatorError(editedMessage(file.name, name))
}

function newerMessage(name: string): string {
  const what = `The database is newer than this program: it has the migration ${name}, which this version can't work with.`
  return `${what} Start the version that made it, or a later one.`
}

function editedMessage(file: string, applied: string): string {
  const what = `The migration ${file} differs from ${applied} as this database has it: an applied file must not change.`
  return `${what} Install the release again; put a change of your own into a new file.`
}

function lateMessage(name: string): string {
  return `The migration ${name} comes before one that this database already has. Give it the next free number.`
}
