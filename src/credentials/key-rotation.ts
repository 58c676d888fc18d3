import { OperatorError } from '../errors.ts'
import { KEY_IDS } from '../lib/tokens.ts'
import { recordChange } from '../store/changes.ts'
import type { Database, Queryable } from '../store/database.ts'
import { countNeeds } from './key-needs.ts'
import type { KeyWrapping } from './key-wrapping.ts'
import type { OnKeyChanged } from './keys.ts'
import * as table from './keys-table.ts'
import type { KeyPurpose } from './live-keys.ts'

/** A rotation that has begun, now or before: from when on the next key makes new things. */
export interface Rotation {
  readonly kind: 'begun' | 'under_way'
  readonly purpose: KeyPurpose
  readonly id: number
  readonly mintsAfter: Date
}

/** What rotating takes besides a transaction. */
export interface RotationParts {
  readonly wrapping: KeyWrapping
  readonly onChanged: OnKeyChanged
}

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
/**
 * Processes know a new key within 1.5 s, and one that doesn't asks before it refuses. Apps may keep the keys of
 * assertions for as long as these are told to be fresh, and many libraries for ten minutes whatever they are told.
 */
const WAIT_MS: Readonly<Record<KeyPurpose, number>> = {
  token: 30 * SECOND_MS,
  pepper: 30 * SECOND_MS,
  sealing: 30 * SECOND_MS,
  audit: 30 * SECOND_MS,
  assertion: 15 * MINUTE_MS,
}
/** Forms that are open, return addresses, shared principals and assertions are all over by then. */
const REST_MS = 24 * 60 * MINUTE_MS

/**
 * Adds the key that is to take over, in a transaction that the caller commits by the feed. At most one a purpose is under
 * way: whoever comes second is told of the first.
 */
export async function beginRotation(tx: Queryable, parts: RotationParts, purpose: KeyPurpose): Promise<Rotation> {
  await tx.query(table.LOCK_KEYS)
  const [coming] = await tx.query(table.FIND_COMING_KEY, purpose)
  if (coming !== undefined) return { kind: 'under_way', purpose, id: coming.id, mintsAfter: coming.mints_after }
  const [row] = await tx.query(table.INSERT_COMING_KEY, purpose, parts.wrapping.make(purpose), WAIT_MS[purpose])
  if (row === undefined) throw new Error('no key was made')
  checkId(purpose, row.id)
  await parts.onChanged(tx, { kind: 'rotated', purpose, id: row.id })
  await recordChange(tx, 'keys')
  return { kind: 'begun', purpose, id: row.id, mintsAfter: row.mints_after }
}

/**
 * Has keys take over whose time has come.
 * @returns their purposes; none where another process was first
 */
export function promoteDueKeys(database: Database, onChanged: OnKeyChanged): Promise<readonly string[]> {
  return database.transaction(async (tx) => {
    await tx.query(table.LOCK_KEYS)
    const due = await tx.query(table.LIST_DUE_KEYS)
    for (const { id, purpose } of due) {
      const retired = await tx.query(table.RETIRE_MINTING_KEY, purpose)
      await tx.query(table.PROMOTE_KEY, id)
      for (const old of retired) await onChanged(tx, { kind: 'retired', purpose, id: old.id })
    }
    if (due.length > 0) await recordChange(tx, 'keys')
    return due.map(({ purpose }) => purpose)
  })
}

/**
 * Ends keys that were retired a day ago or more and that nothing needs. Those of the audit log never end: they check what
 * was signed then.
 */
export async function endUnneededKeys(database: Database, onChanged: OnKeyChanged): Promise<readonly number[]> {
  const ended: number[] = []
  for (const key of await database.query(table.LIST_LONG_RETIRED, REST_MS)) {
    if (key.purpose === 'audit') continue
    const isEnded = await database.transaction(async (tx) => {
      await tx.query(table.LOCK_KEYS)
      const needs = await countNeeds(tx, key)
      return needs.length === 0 && endKey(tx, onChanged, key)
    })
    if (isEnded) ended.push(key.id)
  }
  return ended
}

/**
 * Ends every key of a purpose at once and puts a new one in their place, in a transaction that the caller commits by the
 * feed: what they made is refused from then on.
 * @returns id of the new one
 */
export async function replaceKeys(tx: Queryable, parts: RotationParts, purpose: KeyPurpose): Promise<number> {
  await tx.query(table.LOCK_KEYS)
  for (const { id } of await tx.query(table.LIST_KEYS_OF, purpose)) await endKey(tx, parts.onChanged, { id, purpose })
  const [row] = await tx.query(table.INSERT_KEY, purpose, parts.wrapping.make(purpose))
  if (row === undefined) throw new Error('no key was made')
  checkId(purpose, row.id)
  await parts.onChanged(tx, { kind: 'rotated', purpose, id: row.id })
  await recordChange(tx, 'keys')
  return row.id
}

async function endKey(
  tx: Queryable,
  onChanged: OnKeyChanged,
  { id, purpose }: { readonly id: number; readonly purpose: string },
): Promise<boolean> {
  const [ended] = await tx.query(table.END_KEY, id)
  if (ended === undefined) return false
  await onChanged(tx, { kind: 'ended', purpose, id })
  await recordChange(tx, 'keys')
  return true
}

function checkId(purpose: string, id: number): void {
  if (purpose === 'token' && id >= KEY_IDS)
    throw new OperatorError(
      `There is no room for more keys of tokens: ids are below ${KEY_IDS}, and this one is ${id}.`,
    )
}
