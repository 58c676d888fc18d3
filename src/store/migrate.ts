import { OperatorError } from '../errors.ts'
import type { Connection, Database, Queryable } from './database.ts'
import { pendingFiles, readMigrations } from './migration-files.ts'
import type { MigrationFile } from './migration-files.ts'
import { CREATE_TABLE, insertMigration, listMigrations, tableExists } from './migrations-table.ts'
import { isStoreUnavailable } from './unavailable.ts'

/** Called after each migration with the file's name and how long it took. */
export type OnApplied = (name: string, durationMs: number) => void

// Any number that no other lock of this database has.
const LOCK = 7_120_354_881

/**
 * Brings a database up to the files of a folder, one process at a time; others wait and then find nothing to do.
 * @returns how many files were applied
 * @throws OperatorError when the database doesn't fit the files, or a file fails; those before it stay applied
 */
export async function migrate(database: Database, directory: string, onApplied?: OnApplied): Promise<number> {
  const files = await readMigrations(directory)
  return database.withConnection(async (connection) => {
    // As a script, because a statement's time limit would end the wait for another process.
    await connection.script(`select pg_advisory_lock(${LOCK})`)
    try {
      return await applyPending(connection, files, onApplied)
    } finally {
      await connection.script(`select pg_advisory_unlock(${LOCK})`).catch(() => undefined)
    }
  })
}

/**
 * Names of the files that a database doesn't have yet; changes nothing.
 * @throws OperatorError when the database doesn't fit the files
 */
export async function pendingMigrations(database: Database, directory: string): Promise<string[]> {
  const files = await readMigrations(directory)
  return pendingFiles(files, await readApplied(database)).map(({ name }) => name)
}

async function readApplied(database: Queryable) {
  const [table] = await database.query(tableExists)
  return table?.exists ? database.query(listMigrations) : []
}

async function applyPending(connection: Connection, files: MigrationFile[], onApplied?: OnApplied): Promise<number> {
  const pending = pendingFiles(files, await readApplied(connection))
  if (pending.length > 0) await connection.script(CREATE_TABLE)
  for (const file of pending) {
    const durationMs = await apply(connection, file)
    onApplied?.(file.name, durationMs)
  }
  return pending.length
}

async function apply(connection: Connection, file: MigrationFile): Promise<number> {
  const started = performance.now()
  try {
    if (file.inTransaction) await connection.script('begin')
    await connection.script(file.text)
    const durationMs = Math.round(performance.now() - started)
    await connection.query(insertMigration, file.id, file.name, file.sha256, file.worksFrom, durationMs)
    if (file.inTransaction) await connection.script('commit')
    return durationMs
  } catch (error) {
    throw await undo(connection, file, error)
  }
}

async function undo(connection: Connection, file: MigrationFile, error: unknown): Promise<unknown> {
  if (isStoreUnavailable(error)) return error
  if (file.inTransaction) await connection.script('rollback').catch(() => undefined)
  const reason = error instanceof Error ? error.message : String(error)
  return new OperatorError(`The migration ${file.name} failed: ${reason}.`, 1, { cause: error })
}
