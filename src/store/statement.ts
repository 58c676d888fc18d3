import { createHash } from 'node:crypto'

/**
 * One SQL statement with the types of its parameters and of a row. Kept as an export of a `*-table.ts` file, where a
 * test finds it and has both databases describe it against the real schema.
 */
export interface Statement<Params extends readonly unknown[], Row> {
  /** What operators read in metrics and logs: its constant's name in small letters. */
  readonly label: string
  /** Name it is prepared under: the label and a digest of the text, so that an edited statement never meets an old plan. */
  readonly name: string
  readonly text: string
  /** For statements whose values decide how they are best run: no plan is kept from one time to the next. */
  readonly isPlannedAnew?: boolean
  /** For lists and searches that ask for much: a standby may answer, once it has all that was committed before. */
  readonly mayReadReplica?: boolean
  /** Types only; never set. */
  readonly types?: { params: Params; row: Row }
}

/** PostgreSQL cuts longer names than 63 bytes, silently. */
const MAX_LABEL = 44

/** Declares a statement; parameters are `$1`, `$2`, … in the order of `Params`. */
export function statement<Params extends readonly unknown[], Row = never>(
  label: string,
  text: string,
  options: { readonly isPlannedAnew?: boolean; readonly mayReadReplica?: boolean } = {},
): Statement<Params, Row> {
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, 16)
  return { label, name: `${label.slice(0, MAX_LABEL)}_${digest}`, text, ...options }
}
