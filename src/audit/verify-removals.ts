import { readRanges, removalMessage } from './chain.ts'
import type { Range, RemovalFacts } from './chain.ts'
import type { CheckSignature } from './chain-keys.ts'
import { signatureText } from './verify-batches.ts'
import type { Faults } from './verify-faults.ts'
import type { RemovalRow } from './verify-table.ts'

/** What retention removed by its own signed word. */
export interface Removals {
  readonly list: readonly RemovalFacts[]
  /** Whether a row that is gone may be. */
  readonly covers: (seq: number) => boolean
}

/** Takes those that are signed; the others are faults. @param rows the newest first */
export function readRemovals(rows: readonly RemovalRow[], check: CheckSignature, faults: Faults): Removals {
  const list: RemovalFacts[] = []
  for (const row of rows) {
    const removal = factsOf(row)
    const state = check(row.key_id, removalMessage(removal), Buffer.from(row.signature, 'base64'))
    if (state === 'right') list.push(removal)
    else {
      const text = `The note of ${row.removed_at} on what retention removed has ${signatureText(state, row.key_id)}.`
      faults.add({ kind: 'removal_changed', text })
    }
  }
  const spans = list.map(({ removedTo, kept }) => ({ removedTo, kept: readRanges(kept) ?? [] }))
  return { list, covers: (seq) => spans.some(({ removedTo, kept }) => seq <= removedTo && !isIn(kept, seq)) }
}

function factsOf(row: RemovalRow): RemovalFacts {
  return {
    removedAt: row.removed_at,
    before: row.before,
    removedTo: row.removed_to,
    kept: row.kept,
    rowCount: row.row_count,
    partitions: row.partitions,
  }
}

function isIn(ranges: readonly Range[], seq: number): boolean {
  return ranges.some(({ from, to }) => seq >= from && seq < to)
}
