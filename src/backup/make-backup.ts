import { createHash } from 'node:crypto'
import { OperatorError } from '../errors.ts'
import type { Database, Queryable } from '../store/database.ts'
import { appliedMigrations } from '../store/migrate-anew.ts'
import { deriveBackupKeys, writeHeader } from './backup-header.ts'
import type { BackupFacts } from './backup-header.ts'
import { sealChunks } from './chunks.ts'
import { rewrapForBackup } from './purpose-keys.ts'
import { readTables } from './read-tables.ts'
import type { TableSum } from './records.ts'
import { AVOID_SORTS, ESTIMATE_ROWS, FIX_FORMS, HAS_TABLES, READ_DATABASE, seeOneMoment } from './tables-table.ts'

export interface MakeOptions {
  readonly database: Database
  /** What wraps the purpose keys of the database. */
  readonly secretKeys: readonly string[]
  readonly passphrase: string
  /** Version of this program. */
  readonly program: string
  readonly now: Date
  /** Takes the file as it is made; its length in bytes. */
  readonly write: (parts: AsyncIterable<Buffer>) => Promise<number>
  /** Told of rows as they are read, of about so many. */
  readonly onRows: (count: number, ofAbout: number) => void
}

export interface BackupMade extends BackupFacts {
  readonly bytes: number
  readonly rows: number
  readonly tables: readonly TableSum[]
}

/**
 * Writes down what a database holds at one moment, while others go on; memory is that of some rows.
 * @throws OperatorError where there is no database of Postern, or its keys don't open
 */
export function makeBackup(options: MakeOptions): Promise<BackupMade> {
  const { database, passphrase, program, now, write } = options
  return database.transaction(async (tx) => {
    await tx.query(seeOneMoment())
    await tx.query(FIX_FORMS)
    await tx.query(AVOID_SORTS)
    const facts = { program, created: now.toISOString(), ...(await describe(tx)) }
    const header = writeHeader(facts)
    const keys = await deriveBackupKeys(passphrase, header)
    const tables: TableSum[] = []
    const text = await readAll(tx, { ...options, backupKey: keys.purposeKeys, onTable: (sum) => tables.push(sum) })
    const bytes = await write(after(header.bytes, sealChunks(keys.chunks, text)))
    return { ...facts, bytes, rows: tables.reduce((sum, { rows }) => sum + rows, 0), tables }
  })
}

/** Schema, and what tells it from other databases. */
async function describe(tx: Queryable): Promise<{ schema: number; database: string }> {
  const [found] = await tx.query(HAS_TABLES)
  if (found?.has !== true)
    throw new OperatorError('There is nothing to back up: the database has no tables of Postern.')
  const schema = (await appliedMigrations(tx)).at(-1)?.id ?? 0
  const [row] = await tx.query(READ_DATABASE)
  return {
    schema,
    database: createHash('sha256')
      .update(row?.value ?? '')
      .digest('hex')
      .slice(0, 16),
  }
}

interface ReadAll extends MakeOptions {
  readonly backupKey: Buffer
  readonly onTable: (sum: TableSum) => void
}

async function readAll(
  tx: Queryable,
  { secretKeys, backupKey, onRows, onTable }: ReadAll,
): Promise<AsyncGenerator<Buffer>> {
  const [estimate] = await tx.query(ESTIMATE_ROWS)
  const migrations = (await appliedMigrations(tx)).map(({ id, name, sha256 }) => ({ id, name, sha256 }))
  let rows = 0
  const count = (_table: string, more: number): void => onRows((rows += more), estimate?.rows ?? 0)
  return readTables(tx, { migrations, rewrap: rewrapForBackup(secretKeys, backupKey), onRows: count, onTable })
}

async function* after(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first
  yield* rest
}
