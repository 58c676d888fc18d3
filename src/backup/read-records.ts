import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { LEFT_OUT } from './carried.ts'
import type { BackupRecord, RowsRecord, TableSum } from './records.ts'

const LINE_FEED = 0x0a
const BRACKET = 0x5b
const NAME = /^[a-z_]{1,63}$/
const MOST_ROWS = 1_000
const ENOUGH_BYTES = 256 * 1024
/** PostgreSQL takes no longer texts in the JSON that rows travel in. */
const MOST_LINE_BYTES = 256 * 1024 * 1024

/**
 * What a backup holds, rows some at a time, compared at the end with what it says of itself.
 * @param text what its chunks hold: nobody without the passphrase wrote it
 * @throws Error where it doesn't fit itself, or has what no backup has: not even a full check may miss what a restore takes
 */
export async function* readRecords(text: AsyncIterable<Buffer>): AsyncGenerator<BackupRecord | RowsRecord> {
  const sums = new Sums()
  const rows = new RowBatch()
  for await (const line of linesOf(text)) {
    if (line[0] === BRACKET) {
      sums.add(line)
      if (rows.add(line)) yield rows.take(sums.table)
      continue
    }
    if (!rows.isEmpty) yield rows.take(sums.table)
    const record = JSON.parse(line.toString()) as BackupRecord
    if (record.kind === 'table') sums.begin(record.table)
    if (record.kind === 'end') sums.compare(record.tables)
    yield record
  }
  sums.refuseUnended()
}

/** Counts and hashes what is read, table by table. */
class Sums {
  table = ''
  readonly #found: TableSum[] = []
  #rows = 0
  #hash: Hash = createHash('sha256')
  #isEnded = false

  begin(table: string): void {
    this.#end()
    if (!NAME.test(table) || Object.hasOwn(LEFT_OUT, table)) throw new Error('the backup has a table that none has')
    if (this.#found.some((sum) => sum.table === table)) throw new Error(`the backup has ${table} twice`)
    this.table = table
  }

  add(line: Buffer): void {
    if (this.table === '' || this.#isEnded) throw new Error('the backup has rows of no table')
    this.#rows += 1
    this.#hash.update(line).update('\n')
  }

  compare(told: readonly TableSum[]): void {
    this.#end()
    this.#isEnded = true
    if (JSON.stringify(told) !== JSON.stringify(this.#found)) throw new Error('the backup does not fit its own sums')
  }

  refuseUnended(): void {
    if (!this.#isEnded) throw new Error('the backup has no last line')
  }

  #end(): void {
    if (this.#isEnded) throw new Error('the backup goes on after its last line')
    if (this.table !== '') this.#found.push({ table: this.table, rows: this.#rows, sha256: this.#hash.digest('hex') })
    this.#rows = 0
    this.#hash = createHash('sha256')
  }
}

class RowBatch {
  #lines: string[] = []
  #bytes = 0

  get isEmpty(): boolean {
    return this.#lines.length === 0
  }

  /** @returns whether it is full */
  add(line: Buffer): boolean {
    this.#lines.push(line.toString())
    this.#bytes += line.length
    return this.#lines.length >= MOST_ROWS || this.#bytes >= ENOUGH_BYTES
  }

  take(table: string): RowsRecord {
    const lines = this.#lines
    this.#lines = []
    this.#bytes = 0
    return { kind: 'rows', table, lines }
  }
}

/** Lines without their line feed. */
async function* linesOf(text: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let kept: Buffer[] = []
  let length = 0
  for await (const part of text) {
    let from = 0
    for (let end = part.indexOf(LINE_FEED); end !== -1; end = part.indexOf(LINE_FEED, from)) {
      const line = part.subarray(from, end)
      yield kept.length === 0 ? line : Buffer.concat([...kept, line])
      kept = []
      from = end + 1
    }
    if (from < part.length) kept.push(part.subarray(from))
    length = kept.length === 1 ? part.length - from : length + part.length
    if (length > MOST_LINE_BYTES) throw new Error('the backup has a line that no database takes')
  }
  if (kept.length > 0) throw new Error('the backup ends within a line')
}
