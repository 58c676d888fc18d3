import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import type { Queryable } from '../store/database.ts'
import { carriedTables } from './carried.ts'
import { KEYS_TABLE } from './purpose-keys.ts'
import type { Rewrap } from './purpose-keys.ts'
import { writeRecord } from './records.ts'
import type { MigrationFact, SequenceFact, TableSum } from './records.ts'
import { closeRows, declareRows, fetchRows, LIST_TABLES, READ_SEQUENCE } from './tables-table.ts'
import type { TableRow } from './tables-table.ts'

export interface ReadOptions {
  /** Those that the database has, in their order. */
  readonly migrations: readonly MigrationFact[]
  readonly rewrap: Rewrap
  /** Told of rows as they are read. */
  readonly onRows: (table: string, count: number) => void
  /** Told of each table that is done. */
  readonly onTable: (sum: TableSum) => void
}

/** Rows are asked for in numbers that give about as much text at once, whatever one of them holds. */
const FIRST_ROWS = 20
const MOST_ROWS = 4_000
const ENOUGH_CHARACTERS = 256 * 1024

/** The lines of a backup, some at a time. @param tx sees one moment, in fixed forms */
export async function* readTables(tx: Queryable, options: ReadOptions): AsyncGenerator<Buffer> {
  const { migrations, rewrap, onRows, onTable } = options
  yield Buffer.from(writeRecord({ kind: 'begin', migrations }))
  const all = carriedTables(await tx.query(LIST_TABLES))
  const sums: TableSum[] = []
  for (const table of all) {
    const { name, columns } = table
    yield Buffer.from(writeRecord({ kind: 'table', table: name, columns }))
    const sum = { rows: 0, hash: createHash('sha256') }
    for await (const lines of readRows(tx, table)) {
      const kept = name === KEYS_TABLE ? lines.map((line) => rewrap(columns, line)) : lines
      yield addTo(sum, kept)
      onRows(name, lines.length)
    }
    const done = { table: name, rows: sum.rows, sha256: sum.hash.digest('hex') }
    sums.push(done)
    onTable(done)
  }
  // Sequences know no snapshot: read last, each is at least as far as the rows.
  const sequences = await readSequences(tx, all)
  yield Buffer.from(writeRecord({ kind: 'end', tables: sums, sequences }))
}

function addTo(sum: { rows: number; readonly hash: Hash }, lines: readonly string[]): Buffer {
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  sum.rows += lines.length
  sum.hash.update(text)
  return text
}

async function* readRows(tx: Queryable, table: TableRow): AsyncGenerator<readonly string[]> {
  await tx.query(declareRows(table))
  let count = FIRST_ROWS
  for (;;) {
    const lines = (await tx.query(fetchRows(count))).map(({ line }) => line)
    if (lines.length > 0) yield lines
    if (lines.length < count) break
    count = nextCount(count, lines)
  }
  await tx.query(closeRows())
}

function nextCount(count: number, lines: readonly string[]): number {
  const characters = lines.reduce((sum, { length }) => sum + length, 0)
  if (characters > ENOUGH_CHARACTERS) return Math.max(1, Math.ceil((count * ENOUGH_CHARACTERS) / characters))
  return Math.min(MOST_ROWS, count * 2)
}

async function readSequences(tx: Queryable, tables: readonly TableRow[]): Promise<SequenceFact[]> {
  const found: SequenceFact[] = []
  for (const { name, identity } of tables) {
    for (const column of identity) {
      const [sequence] = await tx.query(READ_SEQUENCE, name, column)
      const value = sequence?.value ?? null
      if (value !== null) found.push({ table: name, column, value })
    }
  }
  return found
}
