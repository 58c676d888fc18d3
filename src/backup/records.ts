/** The migration of a schema, as a database has it. */
export interface MigrationFact {
  readonly id: number
  readonly name: string
  readonly sha256: string
}

/** The rows of one table that follow, in the order of its key. */
export interface TableRecord {
  readonly table: string
  readonly columns: readonly string[]
}

/** Up to where a column has numbered. */
export interface SequenceFact {
  readonly table: string
  readonly column: string
  readonly value: string
}

/** What was in the tables of a backup; its last line. */
export interface TableSum {
  readonly table: string
  readonly rows: number
  /** Hex SHA-256 of the lines of its rows, line feeds among them. */
  readonly sha256: string
}

/** What stands between the rows of a backup: a line of its own each, a JSON object; rows are JSON arrays of texts. */
export type BackupRecord =
  | { readonly kind: 'begin'; readonly migrations: readonly MigrationFact[] }
  | ({ readonly kind: 'table' } & TableRecord)
  | { readonly kind: 'end'; readonly tables: readonly TableSum[]; readonly sequences: readonly SequenceFact[] }

/** Some rows of the table at hand. */
export interface RowsRecord {
  readonly kind: 'rows'
  readonly table: string
  readonly lines: readonly string[]
}

export function writeRecord(record: BackupRecord): string {
  return `${JSON.stringify(record)}\n`
}
