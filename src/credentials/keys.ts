import { OperatorError } from '../errors.ts'
import type { Database, Queryable } from '../store/database.ts'
import { createKeyWrapping } from './key-wrapping.ts'
import type { KeyWrapping } from './key-wrapping.ts'
import { HAS_FACTORS, HAS_PASSWORDS, INSERT_KEY, LIST_KEYS, LOCK_KEYS, REWRAP_KEY } from './keys-table.ts'
import type { KeyRow } from './keys-table.ts'
import { createLiveKeys, PURPOSES } from './live-keys.ts'
import type { KeyPurpose, Keys, LiveKeys } from './live-keys.ts'

const KEYS_LOST =
  'The table auth.keys lacks keys although there are users with passwords or second factors; with new ones nobody could sign in. ' +
  'Restore the table from a backup of this database.'

/** What happened to a key. */
export interface KeyChange {
  readonly kind: 'created' | 'rewrapped' | 'rotated' | 'retired' | 'ended'
  readonly purpose: string
  /** Left out of what happens at a start. */
  readonly id?: number
}

/** Told of what happens to a key, in the transaction of it. */
export type OnKeyChanged = (tx: Queryable, change: KeyChange) => Promise<void>

/**
 * The purpose keys of `auth.keys`, made at the first start and unwrapped by the operator's secret.
 * @param secrets one, or two: keys that only the second opens are wrapped anew under the first
 * @param onChanged told of each in the transaction of it
 * @throws OperatorError when a key can't be unwrapped: going on would silently void every password and session
 */
export async function openLiveKeys(
  database: Database,
  secrets: readonly string[],
  onChanged: OnKeyChanged = async () => {},
): Promise<LiveKeys> {
  const wrapping = createKeyWrapping(secrets)
  const rows = await database.transaction(async (tx) => {
    await tx.query(LOCK_KEYS)
    const found = await withMissingKeys(tx, wrapping, onChanged)
    for (const row of found) await checkKey(tx, { row, wrapping, onChanged })
    return found
  })
  return createLiveKeys({ database, wrapping, rows })
}

/** The rings alone. */
export async function openKeys(...given: Parameters<typeof openLiveKeys>): Promise<Keys> {
  return (await openLiveKeys(...given)).rings
}

async function withMissingKeys(tx: Queryable, wrapping: KeyWrapping, onChanged: OnKeyChanged): Promise<KeyRow[]> {
  const rows = await tx.query(LIST_KEYS)
  const missing = PURPOSES.filter((purpose) => !rows.some((row) => row.purpose === purpose && row.minting))
  if (missing.length === 0) return rows
  for (const purpose of missing) if (await isInUse(tx, purpose)) throw new OperatorError(KEYS_LOST)
  for (const purpose of missing) {
    await tx.query(INSERT_KEY, purpose, wrapping.make(purpose))
    await onChanged(tx, { kind: 'created', purpose })
  }
  return tx.query(LIST_KEYS)
}

/**
 * Whether there is what only the missing key can read. Nothing that is made for assertions lasts, a lost key of the audit
 * log is found when that is verified, and sealing came later than passwords, so a database from before these existed gets
 * them at the next start.
 */
async function isInUse(tx: Queryable, purpose: KeyPurpose): Promise<boolean> {
  if (purpose === 'assertion' || purpose === 'audit') return false
  const [found] = await tx.query(purpose === 'sealing' ? HAS_FACTORS : HAS_PASSWORDS)
  return found?.has === true
}

interface Opening {
  readonly row: KeyRow
  readonly wrapping: KeyWrapping
  readonly onChanged: OnKeyChanged
}

async function checkKey(tx: Queryable, { row, wrapping, onChanged }: Opening): Promise<void> {
  const { id, purpose, wrapped_key: wrapped } = row
  if (wrapped === null) return
  const opened = wrapping.open(purpose, wrapped)
  if (opened === null)
    throw new OperatorError(
      'POSTERN_SECRET_KEY does not open the keys in this database. Set the secret that it was first started with; ' +
        'to change it, give the new one and the old one, separated by a comma.',
    )
  if (opened.secret === 0) return
  await tx.query(REWRAP_KEY, id, wrapping.wrap(purpose, opened.key))
  await onChanged(tx, { kind: 'rewrapped', purpose })
}
