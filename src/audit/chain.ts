import { createHash } from 'node:crypto'

/** What a batch says of itself; all of it is hashed. */
export interface BatchFacts {
  readonly number: number
  /** Hex; 64 zeros before the first. */
  readonly previousHash: string
  /** The seq of its rows as PostgreSQL writes an `int8multirange`, such as `{[1,5),[7,8)}`. */
  readonly rows: string
  readonly count: number
  /** Every row with a smaller seq is in this batch or an earlier one. */
  readonly low: number
  /** Highest seq that was there when it was sealed. */
  readonly seenTo: number
  /** Transactions that might still commit rows up to `seenTo`. */
  readonly writers: readonly string[]
  /** Hex: SHA-256 of the hashes of its rows, one after the other. */
  readonly rowsHash: string
  /** UTC with microseconds, such as `2026-11-23T08:00:00.000000Z`. */
  readonly sealedAt: string
  readonly keyId: number
}

/** What retention removed for good. */
export interface RemovalFacts {
  readonly removedAt: string
  /** Rows from before this moment went. */
  readonly before: string
  /** All rows up to this seq are gone, but for those in `kept`. */
  readonly removedTo: number
  readonly kept: string
  readonly rowCount: number
  readonly partitions: readonly string[]
}

/** No sequence comes to more; ranges are read with as many digits, and JavaScript holds them exactly. */
export const MAX_SEQ = 999_999_999_999_999
/** Says how batches and rows are hashed; another way gets another number. */
export const CHAIN_FORM = 1
export const MAX_BATCH_ROWS = 10_000
export const BEFORE_THE_FIRST = '0'.repeat(64)

/** Hex SHA-256 of a batch: of a JSON array of texts, so that no two batches have the same. */
export function hashBatch(batch: BatchFacts): string {
  const { number, previousHash, rows, count, low, seenTo, writers, rowsHash, sealedAt, keyId } = batch
  const numbers = [count, low, seenTo].map(String)
  const whole = [String(CHAIN_FORM), String(number), previousHash, rows, ...numbers, writers.join(' '), rowsHash]
  return sha256(JSON.stringify([...whole, sealedAt, String(keyId)]))
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** What is signed of a batch. */
export function batchMessage(number: number, hash: string): string {
  return `postern audit batch ${number} ${hash}`
}

/** What is signed of the last batch of a day. @param day such as 2026-11-23 */
export function headMessage(day: string, number: number, hash: string): string {
  return `postern audit head ${day} ${number} ${hash}`
}

/** What is signed of a removal. */
export function removalMessage(removal: RemovalFacts): string {
  const { removedAt, before, removedTo, kept, rowCount, partitions } = removal
  const whole = [removedAt, before, String(removedTo), kept, String(rowCount), ...partitions]
  return `postern audit removal ${sha256(JSON.stringify(whole))}`
}

/** Ascending numbers as PostgreSQL writes an `int8multirange`. */
export function rangesOf(numbers: readonly number[]): string {
  const ranges: string[] = []
  let from = numbers[0]
  for (const [index, number] of numbers.entries()) {
    if (numbers[index + 1] === number + 1) continue
    ranges.push(`[${from},${number + 1})`)
    from = numbers[index + 1]
  }
  return `{${ranges.join(',')}}`
}

export interface Range {
  readonly from: number
  /** The first that is not in it any more. */
  readonly to: number
}

/** The ranges of an `int8multirange` with ends, in their order; null for what isn't one. */
export function readRanges(text: string): Range[] | null {
  if (!/^\{(?:\[\d{1,15},\d{1,15}\)(?:,(?=\[)|(?=\})))*\}$/.test(text)) return null
  return [...text.matchAll(/\[(\d+),(\d+)\)/g)].map(([, from, to]) => ({ from: Number(from), to: Number(to) }))
}
