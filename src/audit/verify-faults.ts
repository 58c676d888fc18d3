/** What can be wrong with a log. */
export type FaultKind =
  | 'row_changed'
  | 'row_removed'
  | 'row_inserted'
  | 'row_moved'
  | 'row_misdated'
  | 'row_hashes_changed'
  | 'batch_changed'
  | 'batch_missing'
  | 'batch_out_of_order'
  | 'wrong_signature'
  | 'head_changed'
  | 'head_missing'
  | 'head_not_found'
  | 'removal_changed'

export interface Fault {
  readonly kind: FaultKind
  /** Number of the batch that it was found in. */
  readonly batch?: number
  /** Number of the row, or of the first of several. */
  readonly seq?: number
  /** How many rows in a row; 1 where left out. */
  readonly count?: number
  /** Event id of the row. */
  readonly id?: string
  /** The whole in a sentence. */
  readonly text: string
  /** Hex; what the batch has for the row. */
  readonly expected?: string
}

/** Faults as they are found: the first of them, and how many there are of each kind. */
export interface Faults {
  add(fault: Fault): void
  readonly list: readonly Fault[]
  readonly counts: ReadonlyMap<FaultKind, number>
}

/** More are counted, not listed: a table that somebody emptied has millions. */
const LISTED = 1_000

export function createFaults(): Faults {
  const list: Fault[] = []
  const counts = new Map<FaultKind, number>()
  return {
    list,
    counts,
    add(fault) {
      counts.set(fault.kind, (counts.get(fault.kind) ?? 0) + (fault.count ?? 1))
      if (list.length < LISTED) list.push(fault)
    },
  }
}
