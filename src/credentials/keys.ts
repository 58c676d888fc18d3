import { randomBytes } from 'node:crypto'
import { OperatorError } from '../errors.ts'
import { decrypt, encrypt } from '../lib/aead.ts'
import { createKey, deriveKey } from '../lib/key-ring.ts'
import type { Key, KeyRing } from '../lib/key-ring.ts'
import type { Database, Queryable } from '../store/database.ts'
import { HAS_FACTORS, HAS_PASSWORDS, INSERT_KEY, LIST_KEYS, LOCK_KEYS, REWRAP_KEY } from './keys-table.ts'
import type { KeyRow } from './keys-table.ts'

const PURPOSES = ['token', 'pepper', 'assertion', 'sealing', 'audit'] as const
export type KeyPurpose = (typeof PURPOSES)[number]
export type Keys = Readonly<Record<KeyPurpose, KeyRing>>

const KEYS_LOST =
  'The table auth.keys lacks keys although there are users with passwords or second factors; with new ones nobody could sign in. ' +
  'Restore the table from a backup of this database.'
const KEY_BYTES = 32

/** A key that was made, or is wrapped by another secret from now on. */
export type OnKeyChanged = (
  tx: Queryable,
  change: { readonly kind: 'created' | 'rewrapped'; readonly purpose: string },
) => Promise<void>

/**
 * The purpose keys of `auth.keys`, made at the first start and unwrapped by the operator's secret.
 * @param secrets one, or two: keys that only the second opens are wrapped anew under the first
 * @param onChanged told of each in the transaction of it
 * @throws OperatorError when a key can't be unwrapped: going on would silently void every password and session
 */
export async function openKeys(
  database: Database,
  secrets: readonly string[],
  onChanged: OnKeyChanged = async () => {},
): Promise<Keys> {
  const wrappers = secrets.map((secret) => deriveKey(secret, 'key wrapping'))
  return database.transaction(async (tx) => {
    await tx.query(LOCK_KEYS)
    const rows = await withMissingKeys(tx, wrappers, onChanged)
    const keys = await Promise.all(
      rows.map(async (row) => ({ row, key: await openKey(tx, { row, wrappers, onChanged }) })),
    )
    const ring = (purpose: KeyPurpose): KeyRing => ringOf(keys, purpose)
    return {
      token: ring('token'),
      pepper: ring('pepper'),
      assertion: ring('assertion'),
      sealing: ring('sealing'),
      audit: ring('audit'),
    }
  })
}

async function withMissingKeys(tx: Queryable, wrappers: readonly Buffer[], onChanged: OnKeyChanged): Promise<KeyRow[]> {
  const rows = await tx.query(LIST_KEYS)
  const missing = PURPOSES.filter((purpose) => !rows.some((row) => row.purpose === purpose && row.minting))
  if (missing.length === 0) return rows
  for (const purpose of missing) if (await isInUse(tx, purpose)) throw new OperatorError(KEYS_LOST)
  for (const purpose of missing) {
    await tx.query(INSERT_KEY, purpose, wrap(wrappers, purpose, randomBytes(KEY_BYTES)))
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
  readonly wrappers: readonly Buffer[]
  readonly onChanged: OnKeyChanged
}

async function openKey(tx: Queryable, { row, wrappers, onChanged }: Opening): Promise<Key> {
  for (const [index, wrapper] of wrappers.entries()) {
    const bytes = decrypt(wrapper, Buffer.from(row.purpose), row.wrapped_key)
    if (bytes === null) continue
    if (index > 0) {
      await tx.query(REWRAP_KEY, row.id, wrap(wrappers, row.purpose, bytes))
      await onChanged(tx, { kind: 'rewrapped', purpose: row.purpose })
    }
    return createKey(row.id, bytes)
  }
  throw new OperatorError(
    'POSTERN_SECRET_KEY does not open the keys in this database. Set the secret that it was first started with; ' +
      'to change it, give the new one and the old one, separated by a comma.',
  )
}

function ringOf(keys: readonly { row: KeyRow; key: Key }[], purpose: KeyPurpose): KeyRing {
  const own = keys.filter(({ row }) => row.purpose === purpose)
  const minting = own.find(({ row }) => row.minting)
  if (minting === undefined) throw new Error(`no minting key for ${purpose}`)
  return { minting: minting.key, byId: new Map(own.map(({ key }) => [key.id, key])) }
}

function wrap([wrapper]: readonly Buffer[], purpose: string, key: Buffer): Buffer {
  if (wrapper === undefined) throw new Error('no secret to wrap keys with')
  return encrypt(wrapper, Buffer.from(purpose), key)
}
