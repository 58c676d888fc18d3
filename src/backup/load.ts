import { OperatorError } from '../errors.ts'
import type { Connection, Database, Queryable } from '../store/database.ts'
import { applyWithin, stepsTo } from '../store/migrate-anew.ts'
import type { Steps } from '../store/migrate-anew.ts'
import type { OpenBackup } from './open-backup.ts'
import { KEYS_TABLE, rewrapForDatabase } from './purpose-keys.ts'
import type { Rewrap } from './purpose-keys.ts'
import type { BackupRecord, MigrationFact, RowsRecord, SequenceFact, TableRecord } from './records.ts'
import { ANALYZE, DELETE_SEEDS, DROP_ALL, FIX_FORMS, insertRows, LIST_TABLES, SET_SEQUENCE } from './tables-table.ts'
import { SORT_BY_MONTH } from './tables-table.ts'
import type { TableRow } from './tables-table.ts'

export interface LoadOptions {
  readonly database: Database
  readonly backup: OpenBackup
  /** What wraps the purpose keys from now on, the first of them. */
  readonly secretKeys: readonly string[]
  /** Folder of the program's migrations. */
  readonly migrations: string
  readonly onRead: (bytes: number) => void
  /** Asked again once nobody can come in between: whoever read the keys before goes on with them. */
  readonly refuseOthers: (connection: Queryable) => Promise<void>
  /** Writes down, in the same transaction, that it was done. */
  readonly record: (connection: Connection) => Promise<void>
}

const NOT_OWNER =
  'The role in POSTERN_DATABASE_URL may not replace the tables. Restore as the one that owns them, such as postern_owner.'
const IN_USE = 'Somebody else uses the tables. Stop every replica and whoever else reads them, then restore again.'

/**
 * Puts what a backup holds in the place of all that a database holds, in one transaction: whatever breaks it off, the
 * database is as it was.
 * @throws OperatorError where the backup was changed, or is newer than this program
 */
export async function loadBackup(options: LoadOptions): Promise<void> {
  const { database, backup, onRead, refuseOthers, record } = options
  await database.withConnection(async (connection) => {
    await connection.script('begin')
    try {
      await connection.script(DROP_ALL)
      await refuseOthers(connection)
      await connection.query(FIX_FORMS)
      const loader = new Loader(connection, options)
      for await (const each of backup.read(onRead)) await loader.take(each)
      await loader.finish()
      await record(connection)
      await connection.script('commit')
    } catch (error) {
      await connection.script('rollback').catch(() => undefined)
      throw explained(error)
    }
    // Else every statement is planned as if the tables were empty, until the server looks for itself.
    await connection.script(ANALYZE).catch(() => undefined)
  })
}

/** What an operator can mend, by its SQLSTATE: insufficient_privilege, lock_not_available. */
function explained(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === '42501') return new OperatorError(NOT_OWNER, 1, { cause: error })
  if (code === '55P03') return new OperatorError(IN_USE, 1, { cause: error })
  return error
}

class Loader {
  readonly #connection: Connection
  readonly #options: LoadOptions
  readonly #rewrap: Rewrap
  #steps: Steps | null = null
  #tables: readonly TableRow[] = []
  #insert: ReturnType<typeof insertRows> | null = null
  #columns: readonly string[] = []

  constructor(connection: Connection, options: LoadOptions) {
    this.#connection = connection
    this.#options = options
    this.#rewrap = rewrapForDatabase(options.backup.purposeKeys, options.secretKeys)
  }

  take(record: BackupRecord | RowsRecord): Promise<void> {
    switch (record.kind) {
      case 'begin':
        return this.#begin(record.migrations)
      case 'table':
        return this.#beginTable(record)
      case 'rows':
        return this.#add(record)
      case 'end':
        return this.#continueNumbers(record.sequences)
    }
  }

  /** From the backup's schema to the program's, with what was in the tables in them. */
  async finish(): Promise<void> {
    if (this.#steps === null) throw new Error('the backup has no first line')
    await applyWithin(this.#connection, this.#steps.onward)
    await this.#connection.script(SORT_BY_MONTH)
  }

  async #begin(migrations: readonly MigrationFact[]): Promise<void> {
    this.#steps = await stepsTo(this.#options.migrations, migrations)
    await applyWithin(this.#connection, this.#steps.upTo)
    await this.#connection.query(DELETE_SEEDS)
    this.#tables = await this.#connection.query(LIST_TABLES)
  }

  async #beginTable({ table, columns }: TableRecord): Promise<void> {
    const known = this.#tables.find(({ name }) => name === table)
    const typed = columns.map((name) => ({ name, type: known?.types[known.columns.indexOf(name)] }))
    const unknown = typed.find(({ type }) => type === undefined)
    if (unknown !== undefined) throw new Error(`the schema of this backup has no column ${table}.${unknown.name}`)
    this.#insert = insertRows(
      table,
      typed.map(({ name, type = '' }) => ({ name, type })),
    )
    this.#columns = columns
  }

  async #add({ table, lines }: RowsRecord): Promise<void> {
    if (this.#insert === null) throw new Error('rows without a table')
    const kept = table === KEYS_TABLE ? lines.map((line) => this.#rewrap(this.#columns, line)) : lines
    const [added] = await this.#connection.query(this.#insert, `[${kept.join(',')}]`)
    if (added?.count !== lines.length) throw new Error(`${table} took ${added?.count} of ${lines.length} rows`)
  }

  async #continueNumbers(sequences: readonly SequenceFact[]): Promise<void> {
    for (const { table, column, value } of sequences) await this.#connection.query(SET_SEQUENCE, table, column, value)
  }
}
