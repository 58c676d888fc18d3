import type { Database, Queryable } from '../store/database.ts'
import { batchMessage, BEFORE_THE_FIRST, CHAIN_FORM, hashBatch, headMessage, MAX_BATCH_ROWS } from './chain.ts'
import { rangesOf, sha256 } from './chain.ts'
import type { BatchFacts } from './chain.ts'
import type { ChainSigner } from './chain-keys.ts'
import { FIND_FINAL, FIND_LAST_BATCH, INSERT_BATCH, INSERT_HEAD, LIST_UNSEALED, LIST_WRITERS } from './chain-table.ts'
import { TRY_SEAL_LOCK } from './chain-table.ts'
import type { LastBatchRow, UnsealedRow } from './chain-table.ts'

/** One end of the chain. */
export interface ChainEnd {
  readonly number: number
  readonly hash: string
}

/** A signed head: the last batch of one day. */
export interface Head extends ChainEnd {
  readonly day: string
  readonly keyId: number
  /** Hex. */
  readonly signature: string
}

/** What one look at the log came to. */
export interface Sealed {
  /** Rows that are in a batch now; 0 where there were none. */
  readonly rows: number
  /** Whether more rows wait. */
  readonly more: boolean
  /** Where the chain ended before; null where it was empty. */
  readonly from: ChainEnd | null
  readonly to: ChainEnd | null
  readonly head: Head | null
}

/**
 * Makes the next batch of rows that are in none, and the head of a day that is over. Writers never wait for it: what they
 * commit late comes in a later batch.
 * @returns null while another process is at it
 */
export function sealBatch(database: Database, signer: ChainSigner, limit = MAX_BATCH_ROWS): Promise<Sealed | null> {
  return database.transaction(async (tx) => {
    const [lock] = await tx.query(TRY_SEAL_LOCK)
    if (lock?.held !== true) return null
    const [last = null] = await tx.query(FIND_LAST_BATCH)
    const head = last?.lacks_head === true ? await writeHead(tx, signer, last) : null
    const from = last === null ? null : { number: last.number, hash: last.hash }
    const found = await findUnsealed(tx, last, limit)
    const { rows } = found
    if (rows.length === 0) return { rows: 0, more: false, from, to: from, head }
    const to = await writeBatch(tx, signer, { last, ...found })
    return { rows: rows.length, more: found.next !== null, from, to, head }
  })
}

interface Unsealed {
  readonly rows: readonly UnsealedRow[]
  /** The first row that waits for the next batch. */
  readonly next: number | null
  readonly seenTo: number
  /** The first seq for which a row may still come. */
  readonly low: number
}

/** What is final is asked first: rows up to there are committed by then, so the list that follows has them. */
async function findUnsealed(tx: Queryable, last: LastBatchRow | null, limit: number): Promise<Unsealed> {
  const [at] = await tx.query(LIST_WRITERS)
  const [final] = await tx.query(FIND_FINAL, at?.writers ?? [])
  const before = last?.low ?? 1
  const found = await tx.query(LIST_UNSEALED, before, limit + 1)
  const next = found[limit]?.seq ?? null
  const low = Math.max(before, Math.min((final?.seen_to ?? 0) + 1, next ?? Number.MAX_SAFE_INTEGER))
  return { rows: found.slice(0, limit), next, seenTo: found[0]?.highest ?? 0, low }
}

async function writeBatch(
  tx: Queryable,
  signer: ChainSigner,
  { last, rows, seenTo, low }: Unsealed & { last: LastBatchRow | null },
): Promise<ChainEnd> {
  // After the list: who had not committed then and has by now is in the next one.
  const [at] = await tx.query(LIST_WRITERS)
  const now = at?.now ?? ''
  const rowHashes = Buffer.concat(rows.map(({ hash }) => hash))
  const facts: BatchFacts = {
    number: (last?.number ?? 0) + 1,
    previousHash: last?.hash ?? BEFORE_THE_FIRST,
    rows: rangesOf(rows.map(({ seq }) => seq)),
    count: rows.length,
    low,
    seenTo,
    writers: at?.writers ?? [],
    rowsHash: sha256(rowHashes),
    sealedAt: last !== null && last.not_before > now ? last.not_before : now,
    keyId: signer.keyId,
  }
  return insertBatch(tx, signer, facts, rowHashes)
}

async function insertBatch(
  tx: Queryable,
  signer: ChainSigner,
  facts: BatchFacts,
  rowHashes: Buffer,
): Promise<ChainEnd> {
  const { number, previousHash, rows, count, low, seenTo, writers, rowsHash, sealedAt, keyId } = facts
  const hash = hashBatch(facts)
  const signature = signer.sign(batchMessage(number, hash))
  const link = [number, CHAIN_FORM, previousHash, hash] as const
  const content = [rows, count, low, seenTo, writers, rowsHash, sealedAt] as const
  await tx.query(INSERT_BATCH, ...link, ...content, keyId, signature, rowHashes)
  return { number, hash }
}

async function writeHead(tx: Queryable, signer: ChainSigner, { day, number, hash }: LastBatchRow): Promise<Head> {
  const { keyId } = signer
  const signature = signer.sign(headMessage(day, number, hash))
  await tx.query(INSERT_HEAD, day, number, hash, keyId, signature)
  return { day, number, hash, keyId, signature: signature.toString('hex') }
}
