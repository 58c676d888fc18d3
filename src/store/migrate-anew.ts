import { OperatorError } from '../errors.ts'
import type { Connection } from './database.ts'
import { pendingFiles, readMigrations } from './migration-files.ts'
import type { MigrationFile } from './migration-files.ts'
import { CREATE_TABLE, insertMigration, listMigrations, tableExists } from './migrations-table.ts'
import type { AppliedMigration } from './migrations-table.ts'

/** Files that a database doesn't have, to be applied within a transaction of the caller's. */
export interface Steps {
  /** Up to the schema that was told. */
  readonly upTo: readonly MigrationFile[]
  /** From there to the newest. */
  readonly onward: readonly MigrationFile[]
}

/**
 * The way to the schema that somebody has, and on to ours.
 * @param has its migrations
 * @throws OperatorError when it is newer than this program, or its files were others
 */
export async function stepsTo(directory: string, has: readonly Omit<AppliedMigration, 'works_from'>[]): Promise<Steps> {
  const files = await readMigrations(directory)
  const known = new Set(files.map(({ id }) => id))
  const newer = has.find(({ id }) => !known.has(id))
  if (newer !== undefined)
    throw new OperatorError(
      `It was made by a newer program: it has ${newer.name}. Install that version, or a later one.`,
    )
  const onward = pendingFiles(
    files,
    has.map((each) => ({ ...each, works_from: null })),
  )
  const later = new Set(onward.map(({ id }) => id))
  return { upTo: files.filter(({ id }) => !later.has(id)), onward }
}

/** Applies files in a transaction that is open already, on tables that nobody else uses. */
export async function applyWithin(connection: Connection, files: readonly MigrationFile[]): Promise<void> {
  await connection.script(CREATE_TABLE)
  for (const file of files) {
    const started = performance.now()
    // Building an index beside others' work is no matter here, and no transaction may do it.
    await connection.script(file.inTransaction ? file.text : file.text.replaceAll(/\bconcurrently\b/gi, ''))
    const durationMs = Math.round(performance.now() - started)
    await connection.query(insertMigration, file.id, file.name, file.sha256, file.worksFrom, durationMs)
  }
}

/** The migrations that a database has. */
export async function appliedMigrations(database: Pick<Connection, 'query'>): Promise<AppliedMigration[]> {
  const [table] = await database.query(tableExists)
  return table?.exists === true ? database.query(listMigrations) : []
}
