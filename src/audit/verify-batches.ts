import { batchMessage, BEFORE_THE_FIRST, CHAIN_FORM, hashBatch, headMessage, MAX_BATCH_ROWS } from './chain.ts'
import { readRanges, sha256 } from './chain.ts'
import type { Range } from './chain.ts'
import type { CheckSignature } from './chain-keys.ts'
import type { Faults } from './verify-faults.ts'
import type { BatchRow, HeadRow } from './verify-table.ts'

/** A batch whose rows are looked for. */
export interface FoundBatch {
  readonly number: number
  readonly ranges: readonly Range[]
  readonly count: number
  readonly low: number
  readonly seenTo: number
  /** Seconds since 1970. */
  readonly sealedS: number
  readonly rowsHash: string
  /** 32 bytes a row; null where they are gone or aren't what was sealed. */
  readonly rowHashes: Buffer | null
}

/** Checks batches, which are given in their order. */
export interface BatchCheck {
  /** Null where its rows can't be told. */
  take(batch: BatchRow): FoundBatch | null
  /** Says which heads have no batch. */
  end(): void
}

interface Parts {
  readonly check: CheckSignature
  readonly heads: readonly HeadRow[]
  readonly faults: Faults
}

const HASH_BYTES = 32

/** Follows the chain from its first batch to its last. */
export function createBatchCheck(parts: Parts): BatchCheck {
  const heads = createHeadCheck(parts)
  let last: BatchRow | null = null
  return {
    take(batch) {
      if (batch.number < 1) return strange(parts, batch)
      checkLink(parts, last, batch)
      heads.take(last, batch)
      last = batch
      return findRows(parts, batch)
    },
    end: () => heads.end(),
  }
}

function checkLink({ faults, check }: Parts, last: BatchRow | null, batch: BatchRow): void {
  const { number, previous_hash: previous, hash } = batch
  const expected = (last?.number ?? 0) + 1
  const add = (kind: 'batch_changed' | 'batch_missing' | 'batch_out_of_order' | 'wrong_signature', text: string) =>
    faults.add({ kind, batch: number, text })
  if (number !== expected) add('batch_missing', missingText(expected, number - 1))
  else if (previous !== (last?.hash ?? BEFORE_THE_FIRST))
    add(
      'batch_changed',
      `Batch ${number} does not follow batch ${number - 1}: that one was another when it was sealed.`,
    )
  if (batch.form !== CHAIN_FORM || hash !== hashOf(batch))
    add('batch_changed', `Batch ${number} was changed: it does not fit its hash.`)
  const state = check(batch.key_id, batchMessage(number, hash), Buffer.from(batch.signature, 'base64'))
  if (state !== 'right') add('wrong_signature', `Batch ${number} has ${signatureText(state, batch.key_id)}.`)
  if (last !== null && (batch.sealed_at < last.sealed_at || batch.low < last.low || batch.seen_to < last.seen_to))
    add('batch_out_of_order', `Batch ${number} is older than the one before it.`)
}

function strange({ faults }: Parts, { number }: BatchRow): null {
  const text = `Batch ${number} stands before the first one: it was inserted.`
  faults.add({ kind: 'batch_out_of_order', batch: number, text })
  return null
}

function missingText(from: number, to: number): string {
  if (to < from) return `Batch ${from} is missing, or the numbers of batches were changed.`
  return from === to ? `Batch ${from} is missing.` : `Batches ${from} to ${to} are missing.`
}

/** @param state of a signature that isn't right */
export function signatureText(state: 'wrong' | 'unknown', keyId: number): string {
  return state === 'wrong'
    ? `a signature that is not of key ${keyId}`
    : `a signature of key ${keyId}, which is not known`
}

function hashOf(batch: BatchRow): string {
  return hashBatch({
    number: batch.number,
    previousHash: batch.previous_hash,
    rows: batch.rows,
    count: batch.count,
    low: batch.low,
    seenTo: batch.seen_to,
    writers: batch.writers,
    rowsHash: batch.rows_hash,
    sealedAt: batch.sealed_at,
    keyId: batch.key_id,
  })
}

function findRows({ faults }: Parts, batch: BatchRow): FoundBatch | null {
  const { number, count, low, seen_to: seenTo, sealed_s: sealedS, rows_hash: rowsHash } = batch
  const ranges = readRanges(batch.rows)
  const sum = (ranges ?? []).reduce((all, { from, to }) => all + to - from, 0)
  if (ranges === null || sum !== count || count > MAX_BATCH_ROWS) {
    faults.add({ kind: 'batch_changed', batch: number, text: `Batch ${number} does not say which rows are in it.` })
    return null
  }
  return { number, ranges, count, low, seenTo, sealedS, rowsHash, rowHashes: readHashes(faults, batch) }
}

function readHashes(faults: Faults, { number, count, row_hashes: text, rows_hash: expected }: BatchRow): Buffer | null {
  if (text === null) return null
  const hashes = Buffer.from(text, 'base64')
  if (hashes.length === count * HASH_BYTES && sha256(hashes) === expected) return hashes
  faults.add({
    kind: 'row_hashes_changed',
    batch: number,
    text: `The hashes of the rows of batch ${number} were changed, so its rows can only be checked together.`,
  })
  return null
}

function createHeadCheck({ heads, faults, check }: Parts) {
  const byDay = new Map(heads.map((head) => [head.day, head]))
  const seen = new Set<string>()
  const compare = (head: HeadRow, { number, hash }: BatchRow): void => {
    const { day, key_id: keyId } = head
    const state = check(keyId, headMessage(day, head.number, head.hash), Buffer.from(head.signature, 'base64'))
    if (state !== 'right')
      faults.add({ kind: 'wrong_signature', text: `The head of ${day} has ${signatureText(state, keyId)}.` })
    if (head.number === number && head.hash === hash) return
    const text = `The head of ${day} is batch ${head.number}, but the chain's last one of that day is ${number}, or has another hash.`
    faults.add({ kind: 'head_changed', batch: head.number, text })
  }
  const ended = (batch: BatchRow): void => {
    const day = batch.sealed_at.slice(0, 10)
    const head = byDay.get(day)
    seen.add(day)
    if (head !== undefined) compare(head, batch)
  }
  let last: BatchRow | null = null
  return {
    /** The head of a day is written before the first batch of another, so a day that was followed has one. */
    take(before: BatchRow | null, batch: BatchRow): void {
      last = batch
      const day = before?.sealed_at.slice(0, 10)
      if (before === null || day === undefined || day === batch.sealed_at.slice(0, 10)) return
      ended(before)
      if (!byDay.has(day)) faults.add({ kind: 'head_missing', text: `The head of ${day} is missing.` })
    },
    end(): void {
      if (last !== null) ended(last)
      for (const { day, number } of heads) {
        if (seen.has(day)) continue
        faults.add({
          kind: 'head_changed',
          batch: number,
          text: `The head of ${day} is batch ${number}, which the chain does not have on that day.`,
        })
      }
    },
  }
}
