import type { OpenBackup } from './open-backup.ts'

/** A row as texts by column. */
export type BackupRow = Readonly<Record<string, string | null>>

/** The rows of one table of a backup, in the order of its key; reads no further than these. */
export async function* rowsOf(backup: OpenBackup, table: string): AsyncGenerator<BackupRow> {
  let columns: readonly string[] | null = null
  for await (const record of backup.read()) {
    if (record.kind === 'table' && columns !== null) return
    if (record.kind === 'table' && record.table === table) columns = record.columns
    if (record.kind !== 'rows' || columns === null) continue
    for (const line of record.lines) yield named(columns, line)
  }
}

/** For tables that stay small. */
export async function allOf(rows: AsyncIterable<BackupRow>): Promise<BackupRow[]> {
  const all: BackupRow[] = []
  for await (const row of rows) all.push(row)
  return all
}

/** A text that is never null in its table. */
export function textIn(row: BackupRow, column: string): string {
  const text = row[column]
  if (typeof text !== 'string') throw new Error(`a row of this backup has no ${column}`)
  return text
}

/** The bytes of a `bytea`. */
export function bytesIn(row: BackupRow, column: string): Buffer {
  return Buffer.from(textIn(row, column).slice(2), 'hex')
}

/** A moment as PostgreSQL writes it in UTC, such as `2026-11-23 08:00:00.5+00`, with all six digits of its microseconds. */
export function momentIn(row: BackupRow, column: string): { readonly iso: string; readonly epoch: string } {
  const [, date = '', time = '', digits = ''] = /^(\S+) (\S+?)(?:\.(\d+))?\+00$/.exec(textIn(row, column)) ?? []
  const micros = digits.padEnd(6, '0')
  const seconds = Date.parse(`${date}T${time}Z`) / 1_000
  if (!Number.isInteger(seconds)) throw new Error(`a row of this backup has a ${column} that is no moment`)
  return { iso: `${date}T${time}.${micros}Z`, epoch: epochText(seconds, micros) }
}

/** As PostgreSQL writes a number with six decimals; before 1970 these count the other way. */
function epochText(seconds: number, micros: string): string {
  if (seconds >= 0 || micros === '000000') return `${seconds}.${micros}`
  const whole = seconds + 1
  return `${whole === 0 ? '-0' : whole}.${String(1_000_000 - Number(micros)).padStart(6, '0')}`
}

function named(columns: readonly string[], line: string): BackupRow {
  const cells = JSON.parse(line) as (string | null)[]
  return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? null]))
}
