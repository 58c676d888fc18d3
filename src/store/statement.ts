import { createHash } from 'node:crypto'

/**
 * One SQL statement with the types of its parameters and of a row. Kept as an export of a `*-table.ts` file, where a
 * test finds it and has both databases describe it against the real schema.
 */
export interface Statement<Params extends readonly unknown[], Row> {
  /** Name it is prepared under: a digest of the text, so that an edited statement never meets an old plan. */
  readonly name: string
  readonly text: string
  /** Types only; never set. */
  readonly types?: { params: Params; row: Row }
}

/** Declares a statement; parameters are `$1`, `$2`, … in the order of `Params`. */
export function statement<Params extends readonly unknown[], Row = never>(text: string): Statement<Params, Row> {
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, 16)
  return { name: `p_${digest}`, text }
}
