import type { RemovalFacts } from './chain.ts'
import { createSignatureCheck } from './chain-keys.ts'
import { createBatchCheck } from './verify-batches.ts'
import type { BatchCheck } from './verify-batches.ts'
import { createFaults } from './verify-faults.ts'
import type { Fault, FaultKind } from './verify-faults.ts'
import { nameFaults } from './verify-names.ts'
import { readRemovals } from './verify-removals.ts'
import { RowCheck } from './verify-rows.ts'
import type { ReadChain } from './verify-source.ts'
import { BATCHES_A_PAGE, ROWS_A_PAGE } from './verify-table.ts'
import type { HeadRow, LogRow } from './verify-table.ts'

export interface Verified {
  readonly ok: boolean
  readonly rows: number
  /** Rows that are in no batch yet. */
  readonly unsealed: number
  /** Rows that were sealed more than an hour after they were written, as after a time without a running server. */
  readonly sealedLate: number
  readonly batches: number
  readonly heads: number
  /** End of the chain; null where it is empty. */
  readonly head: { readonly number: number; readonly hash: string } | null
  readonly keyIds: readonly number[]
  /** Rows that retention removed, as it signed. */
  readonly removed: number
  readonly removals: readonly RemovalFacts[]
  /** The first of them; `counts` has all. */
  readonly faults: readonly Fault[]
  readonly counts: Readonly<Partial<Record<FaultKind, number>>>
}

export interface VerifyOptions {
  /** Hash of a batch that somebody wrote down elsewhere; the chain must have it. */
  readonly head: string | null
  readonly onProgress?: (rows: number, ofAbout: number) => void
}

/** Checks a whole log, as far as its chain reached when this began; memory is that of some pages, however long it is. */
export async function verifyChain(read: ReadChain, options: VerifyOptions): Promise<Verified> {
  const verified = await verifyOnce(read, options)
  if (verified.counts.row_removed === undefined) return verified
  const [newest] = await read('removals', {})
  // Where retention removed rows meanwhile, they were missed before their removal could be known.
  const isKnown = newest === undefined || verified.removals.some(({ removedAt }) => removedAt === newest.removed_at)
  return isKnown ? verified : verifyOnce(read, options)
}

async function verifyOnce(read: ReadChain, { head, onProgress }: VerifyOptions): Promise<Verified> {
  const faults = createFaults()
  const keys = await read('keys', {})
  const check = createSignatureCheck(keys)
  // Before the end, so that each of them is of a batch up to there.
  const earlier = await listHeads(read)
  const [end] = await read('end', {})
  const heads = withLater(earlier, await listHeads(read), end?.number ?? 0)
  const removals = readRemovals(await read('removals', {}), check, faults)
  const rows = new RowCheck({ faults, mayBeGone: removals.covers })
  const batches = createBatchCheck({ check, heads, faults })
  const chain = createChainReader(read, { rows, batches, upTo: end?.number ?? 0, head })
  for (let after = Number.MIN_SAFE_INTEGER, isFull = true; isFull;) {
    const found = await read('rows', { after })
    isFull = found.length === ROWS_A_PAGE
    const page = isFull ? withoutLast(found) : found
    after = page.at(-1)?.seq ?? after
    await chain.readTo(after)
    for (const row of page) rows.take(row)
    onProgress?.(rows.rows, end?.rows ?? 0)
  }
  await chain.readRest()
  rows.end()
  batches.end()
  if (head !== null && !chain.hasHead())
    faults.add({
      kind: 'head_not_found',
      text: `The chain has no batch with the hash ${head}: its end was cut off or rewritten.`,
    })
  const { rows: count, unsealed, sealedLate, removed } = rows
  return {
    ok: faults.counts.size === 0,
    rows: count,
    unsealed,
    sealedLate,
    removed,
    batches: chain.count(),
    heads: heads.length,
    head: end === undefined || end.number === 0 ? null : { number: end.number, hash: end.hash },
    keyIds: keys.map(({ id }) => id),
    removals: removals.list,
    faults: await nameFaults(faults.list, read),
    counts: Object.fromEntries(faults.counts),
  }
}

/** Without the rows of the last number, which the next page has all of; a page of nothing else is as it is. */
function withoutLast(page: readonly LogRow[]): readonly LogRow[] {
  const last = page.at(-1)?.seq
  const end = page.findIndex(({ seq }) => seq === last)
  return end > 0 ? page.slice(0, end) : page
}

async function listHeads(read: ReadChain): Promise<HeadRow[]> {
  const heads: HeadRow[] = []
  for (let after = '-infinity'; ;) {
    const page = await read('heads', { after })
    heads.push(...page)
    const last = page.at(-1)
    if (last === undefined) return heads
    after = last.day
  }
}

/** A day may have ended in between: its head was written then, before a batch that is followed. */
function withLater(earlier: readonly HeadRow[], later: readonly HeadRow[], upTo: number): HeadRow[] {
  const days = new Set(earlier.map(({ day }) => day))
  return [...earlier, ...later.filter(({ day, number }) => !days.has(day) && number <= upTo)]
}

interface ChainReader {
  /** Reads on until no batch that follows can hold a row up to there. */
  readTo(seq: number): Promise<void>
  /** Reads on to the end of the chain, where no more rows are. */
  readRest(): Promise<void>
  count(): number
  hasHead(): boolean
}

function createChainReader(
  read: ReadChain,
  { rows, batches, upTo, head }: { rows: RowCheck; batches: BatchCheck; upTo: number; head: string | null },
): ChainReader {
  // Whoever puts one before the first hides it from a reader that begins there.
  let after = Number.MIN_SAFE_INTEGER
  let count = 0
  const state = { isDone: false }
  let hasHead = false
  const readPage = async (): Promise<void> => {
    const page = await read('batches', { after, upTo })
    state.isDone = page.length < BATCHES_A_PAGE
    for (const batch of page) {
      after = batch.number
      count++
      if (batch.hash === head) hasHead = true
      const found = batches.take(batch)
      if (found !== null) rows.open(found)
    }
  }
  return {
    async readTo(seq) {
      while (!state.isDone && rows.low <= seq) await readPage()
    },
    async readRest() {
      while (!state.isDone) {
        await readPage()
        rows.passTo(rows.low)
      }
    },
    count: () => count,
    hasHead: () => hasHead,
  }
}
