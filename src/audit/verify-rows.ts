import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { MAX_SEQ } from './chain.ts'
import type { FoundBatch } from './verify-batches.ts'
import type { Faults } from './verify-faults.ts'
import type { LogRow } from './verify-table.ts'

export interface RowCheckOptions {
  readonly faults: Faults
  /** Whether retention removed it. */
  readonly mayBeGone: (seq: number) => boolean
}

const HASH_BYTES = 32
/** A transaction of Postern takes seconds; a row tells of the moment at which its own began. */
const TOLERANCE_S = 900
const LATE_S = 3_600

/** A batch whose rows are being met. */
interface OpenBatch {
  readonly batch: FoundBatch
  /** Which row of it comes next. */
  index: number
  range: number
  /** Its seq; Infinity after the last. */
  next: number
  /** Of the rows met, where there are no hashes of single ones. */
  readonly together: Hash
  met: number
  isWhole: boolean
}

interface Gap {
  readonly batch: number
  readonly seq: number
  readonly expected: string | undefined
  count: number
}

/** What is there, and when: rows with a higher seq were written after it. */
interface Mark {
  readonly seenTo: number
  readonly sealedS: number
}

/** Checks the rows of a log, which are given by seq, against the batches that they are in. */
export class RowCheck {
  /** Smallest seq that a batch which wasn't opened yet may hold. */
  low = 0
  rows = 0
  unsealed = 0
  /** Rows that were sealed long after they were written, as after a time without a running server. */
  sealedLate = 0
  /** Rows that are gone and may be. */
  removed = 0
  readonly #options: RowCheckOptions
  /** From the newest that is older than the row at hand. */
  readonly #marks: Mark[] = []
  #open: OpenBatch[] = []
  #gap: Gap | null = null
  #lastSeq = Number.NEGATIVE_INFINITY

  constructor(options: RowCheckOptions) {
    this.#options = options
  }

  /** Takes batches in their order; rows they hold must not have been given yet. */
  open(batch: FoundBatch): void {
    this.#marks.push({ seenTo: batch.seenTo, sealedS: batch.sealedS })
    this.low = batch.low
    const next = batch.ranges[0]?.from ?? Infinity
    this.#open.push({ batch, index: 0, range: 0, next, together: createHash('sha256'), met: 0, isWhole: true })
  }

  take(row: LogRow): void {
    this.rows++
    this.#missUpTo(row.seq)
    this.#closeGap()
    const isSecond = row.seq === this.#lastSeq
    this.#lastSeq = row.seq
    if (isSecond || row.seq > MAX_SEQ) return this.#inserted(row.seq, strangeText(row.seq, isSecond))
    const found = this.#open.find(({ next }) => next === row.seq)
    if (found === undefined) this.#takeUnsealed(row)
    else this.#takeSealed(found, row)
    this.#dropDone()
  }

  /** Says that no row with a smaller seq follows. */
  passTo(seq: number): void {
    this.#missUpTo(seq)
    this.#dropDone()
  }

  /** Call it once after the last row. */
  end(): void {
    this.#missUpTo(Infinity)
    this.#closeGap()
    this.#dropDone()
  }

  #takeUnsealed(row: LogRow): void {
    const { seq } = row
    if (this.#isEarly(row)) this.#misdated(seq, earlyText(seq))
    if (seq >= this.low) this.unsealed++
    else this.#inserted(seq, `Row ${seq} is in no batch: it was inserted later.`)
  }

  #inserted(seq: number, text: string): void {
    this.#options.faults.add({ kind: 'row_inserted', seq, text })
  }

  #takeSealed(found: OpenBatch, row: LogRow): void {
    const { number, sealedS } = found.batch
    if (sealedS > row.at + LATE_S) this.sealedLate++
    if (this.#isEarly(row)) this.#misdated(row.seq, earlyText(row.seq), number)
    else if (row.at > sealedS + TOLERANCE_S)
      this.#misdated(row.seq, `Row ${row.seq} tells of a time long after it was sealed.`, number)
    compare(found, row, this.#options.faults)
    step(found)
  }

  #misdated(seq: number, text: string, batch?: number): void {
    this.#options.faults.add({ kind: 'row_misdated', seq, ...(batch !== undefined && { batch }), text })
  }

  /** Whether it tells of a time long before a batch that was sealed when nothing with its seq was there. */
  #isEarly(row: LogRow): boolean {
    const marks = this.#marks
    while (marks.length > 1 && (marks[1]?.seenTo ?? Infinity) < row.seq) marks.shift()
    const [mark] = marks
    return mark !== undefined && mark.seenTo < row.seq && row.at < mark.sealedS - TOLERANCE_S
  }

  /** Batches hold rows that are in order, so what comes next is the smallest of their next ones. */
  #missUpTo(seq: number): void {
    for (;;) {
      const first = this.#open.reduce<OpenBatch | null>(
        (least, each) => (each.next < (least?.next ?? seq) ? each : least),
        null,
      )
      if (first === null) return
      this.#miss(first)
    }
  }

  #miss(each: OpenBatch): void {
    const { batch, next: seq } = each
    const expected = expectedHash(each)
    each.isWhole = false
    step(each)
    if (this.#options.mayBeGone(seq)) return void this.removed++
    const gap = this.#gap
    if (gap !== null && gap.batch === batch.number && gap.seq + gap.count === seq) return void gap.count++
    this.#closeGap()
    this.#gap = { batch: batch.number, seq, expected, count: 1 }
  }

  #closeGap(): void {
    const gap = this.#gap
    if (gap === null) return
    const { expected, ...where } = gap
    const fault = { kind: 'row_removed', ...where, text: gapText(gap) } as const
    this.#options.faults.add({ ...fault, ...(expected !== undefined && { expected }) })
    this.#gap = null
  }

  #dropDone(): void {
    if (this.#open.every(({ next }) => next !== Infinity)) return
    for (const each of this.#open) if (each.next === Infinity) checkTogether(each, this.#options.faults)
    this.#open = this.#open.filter(({ next }) => next !== Infinity)
  }
}

function strangeText(seq: number, isSecond: boolean): string {
  if (isSecond) return `Two rows have the number ${seq}: one was inserted, or numbers were given twice.`
  return `Row ${seq} has a number that none comes to: it was inserted.`
}

function earlyText(seq: number): string {
  return `Row ${seq} tells of a time long before it was written: it was inserted later, or its date was changed.`
}

function step(each: OpenBatch): void {
  each.index++
  const range = each.batch.ranges[each.range]
  if (range !== undefined && each.next + 1 < range.to) each.next++
  else each.next = each.batch.ranges[++each.range]?.from ?? Infinity
}

function expectedHash({ batch, index }: OpenBatch): string | undefined {
  return batch.rowHashes?.toString('hex', index * HASH_BYTES, (index + 1) * HASH_BYTES)
}

function compare(each: OpenBatch, { seq, hash }: LogRow, faults: Faults): void {
  const expected = expectedHash(each)
  each.met++
  if (expected === undefined) each.together.update(hash, 'hex')
  else if (expected !== hash) {
    const { number } = each.batch
    faults.add({
      kind: 'row_changed',
      seq,
      batch: number,
      expected,
      text: `Row ${seq} of batch ${number} was changed.`,
    })
  }
}

/** Without hashes of single rows all rows of a batch are checked at once. */
function checkTogether({ batch, isWhole, met, together }: OpenBatch, faults: Faults): void {
  if (batch.rowHashes !== null || met === 0 || (isWhole && together.digest('hex') === batch.rowsHash)) return
  const { number } = batch
  const [first] = batch.ranges
  const text = `A row of batch ${number} was changed; its hashes are gone or changed too, so which one can not be told.`
  faults.add({ kind: 'row_changed', batch: number, ...(first !== undefined && { seq: first.from }), text })
}

function gapText({ batch, seq, count }: Gap): string {
  if (count === 1) return `Row ${seq} of batch ${batch} was removed.`
  return `Rows ${seq} to ${seq + count - 1} of batch ${batch} were removed.`
}
