import type { Queryable } from '../store/database.ts'
import type { ChainKey } from './chain-keys.ts'
import {
  FIND_CHAIN_END,
  HASH_ROWS_AS,
  LIST_BATCHES,
  LIST_HEADS,
  LIST_REMOVALS,
  LIST_ROWS,
  NAME_ROWS,
} from './verify-table.ts'
import type { BatchRow, ChainEndRow, HeadRow, LogRow, NamedRow, RemovalRow } from './verify-table.ts'

/** What is read of a log that is verified, page by page; plain JSON, since it may come from the running server. */
export interface ChainPages {
  keys: { given: Record<string, never>; page: readonly ChainKey[] }
  end: { given: Record<string, never>; page: readonly (ChainEndRow & { rows: number })[] }
  batches: { given: { after: number; upTo: number }; page: readonly BatchRow[] }
  rows: { given: { after: number }; page: readonly LogRow[] }
  heads: { given: { after: string }; page: readonly HeadRow[] }
  removals: { given: Record<string, never>; page: readonly RemovalRow[] }
  names: { given: { seqs: readonly number[] }; page: readonly NamedRow[] }
  hashesAs: {
    given: { seqs: readonly number[]; as: readonly number[] }
    page: readonly { seq: number; as_seq: number; hash: string }[]
  }
}

/** Reads one page of what a log is verified by. */
export type ReadChain = <What extends keyof ChainPages>(
  what: What,
  given: ChainPages[What]['given'],
) => Promise<ChainPages[What]['page']>

type Readers = { [What in keyof ChainPages]: (given: ChainPages[What]['given']) => Promise<ChainPages[What]['page']> }

/** Reads a log from the database itself. @param keys public keys of the chain */
export function readChainOf(database: Queryable, keys: readonly ChainKey[]): ReadChain {
  const readers: Readers = {
    keys: async () => keys,
    end: () => database.query(FIND_CHAIN_END),
    batches: ({ after, upTo }) => database.query(LIST_BATCHES, after, upTo),
    rows: ({ after }) => database.query(LIST_ROWS, after),
    heads: ({ after }) => database.query(LIST_HEADS, after),
    removals: () => database.query(LIST_REMOVALS),
    names: ({ seqs }) => database.query(NAME_ROWS, seqs),
    hashesAs: ({ seqs, as }) => database.query(HASH_ROWS_AS, seqs, as),
  }
  return (what, given) => readers[what](given)
}
