import type { KeyRing } from '../lib/key-ring.ts'
import type { Queryable } from '../store/database.ts'
import { addPasskey, beginPasskey } from './enrol-passkey.ts'
import type { Enrolled, NewPasskeyOptions, PasskeyOwner } from './enrol-passkey.ts'
import { COUNT_FACTORS, LOCK_FACTORS } from './own-factors-table.ts'
import type { OwnedRow } from './own-factors-table.ts'
import { DELETE_RECOVERY_CODES } from './recovery-codes-table.ts'
import { renewRecoveryCodes } from './recovery-codes.ts'
import { beginTotp, confirmTotp } from './totp.ts'
import * as totp from './totp-table.ts'
import type { PasskeyParts } from './webauthn.ts'
import * as webauthn from './webauthn-table.ts'

/** Ten of a kind are more than anybody carries. */
export const MAX_OF_A_KIND = 10

export type FactorKind = 'totp' | 'webauthn'

/** A device or key as its owner knows it. */
export interface OwnFactor {
  readonly id: string
  readonly kind: FactorKind
  readonly name: string
  readonly addedAt: Date
  readonly lastUsedAt: Date | null
  /** True for a passkey that is copied to the owner's other devices. */
  readonly isSynced: boolean
  /** When it answered as a copy of it would, or null. */
  readonly copySuspectedAt: Date | null
}

/** What owners do with their factors; whoever calls it has made sure who asks. */
export interface OwnFactors {
  /** Whether browsers make passkeys for this portal: not for a bare address, nor without https. */
  readonly offersPasskeys: boolean
  list(database: Queryable, userId: string): Promise<readonly OwnFactor[]>
  count(database: Queryable, userId: string): Promise<OwnedRow>
  /** The key of a new device, told this once; it proves nothing until it is confirmed. */
  beginTotp(tx: Queryable, userId: string): Promise<Buffer>
  confirmTotp(tx: Queryable, given: { userId: string; name: string; code: string; nowMs: number }): Promise<boolean>
  beginPasskey(tx: Queryable, ask: { owner: PasskeyOwner; binding: string }): Promise<NewPasskeyOptions>
  addPasskey(
    tx: Queryable,
    given: { userId: string; binding: string; name: string; response: unknown },
  ): Promise<Enrolled>
  rename(tx: Queryable, factor: FactorOf & { name: string }): Promise<boolean>
  /** @returns the name of what was removed, or why it stays; recovery codes go with the last factor */
  remove(tx: Queryable, factor: FactorOf & { mustKeepOne: boolean }): Promise<Removal>
  /** Ten new codes in the place of those before. */
  renewCodes(tx: Queryable, userId: string): Promise<readonly string[]>
  /** Removes everything, for somebody who has lost it. @returns how many devices and keys there were */
  reset(tx: Queryable, userId: string): Promise<number>
}

export type Removal = { kind: 'removed'; name: string } | { kind: 'unknown' } | { kind: 'last_one' }

interface FactorOf {
  readonly userId: string
  readonly kind: FactorKind
  readonly id: string
}

/** @param keys those of the purpose `sealing` */
export function createOwnFactors(parts: PasskeyParts, keys: KeyRing): OwnFactors {
  const { sealing, relyingParty } = parts
  return {
    offersPasskeys: mayUsePasskeys(relyingParty.origin),
    list: listFactors,
    count: countFactors,
    beginTotp: (tx, userId) => beginTotp(tx, sealing, userId),
    confirmTotp: (tx, given) => confirmTotp(tx, sealing, given),
    beginPasskey: (tx, ask) => beginPasskey(tx, parts, ask),
    addPasskey: (tx, given) => addPasskey(tx, parts, given),
    async rename(tx, { kind, id, userId, name }) {
      const statement = kind === 'totp' ? totp.RENAME_TOTP : webauthn.RENAME_PASSKEY
      return (await tx.query(statement, id, userId, name)).length > 0
    },
    remove: removeFactor,
    renewCodes: (tx, userId) => renewRecoveryCodes(tx, keys, userId),
    reset: resetFactors,
  }
}

/** Browsers have them on https and on localhost, for host names alone (WebAuthn level 3, 5.1.3, step 7). */
export function mayUsePasskeys(origin: string): boolean {
  const { protocol, hostname } = new URL(origin)
  if (/^[\d.]+$|^\[/.test(hostname)) return false
  return protocol === 'https:' || hostname === 'localhost' || hostname.endsWith('.localhost')
}

async function listFactors(database: Queryable, userId: string): Promise<readonly OwnFactor[]> {
  const devices = await database.query(totp.LIST_TOTP, userId)
  const keys = await database.query(webauthn.LIST_PASSKEYS, userId)
  return [
    ...devices.map((row) => ({ ...ownFactor('totp', row), isSynced: false, copySuspectedAt: null })),
    ...keys.map((row) => ({
      ...ownFactor('webauthn', row),
      isSynced: row.backed_up,
      copySuspectedAt: row.copy_suspected_at,
    })),
  ]
}

type Named = Pick<OwnFactor, 'id' | 'kind' | 'name' | 'addedAt' | 'lastUsedAt'>

function ownFactor(kind: FactorKind, row: totp.FactorRow): Named {
  return { id: row.id, kind, name: row.name, addedAt: row.created_at, lastUsedAt: row.last_used_at }
}

async function countFactors(database: Queryable, userId: string): Promise<OwnedRow> {
  const [row] = await database.query(COUNT_FACTORS, userId)
  return row ?? { totp: 0, webauthn: 0, recovery: 0 }
}

/** The lock makes two removals at once wait for each other, or both would leave the other as the last one. */
async function removeFactor(
  tx: Queryable,
  { userId, kind, id, mustKeepOne }: FactorOf & { mustKeepOne: boolean },
): Promise<Removal> {
  await tx.query(LOCK_FACTORS, userId)
  const before = await countFactors(tx, userId)
  const isLast = before.totp + before.webauthn === 1
  const owned = await listFactors(tx, userId)
  if (!owned.some((factor) => factor.id === id && factor.kind === kind)) return { kind: 'unknown' }
  if (isLast && mustKeepOne) return { kind: 'last_one' }
  const [removed] = await tx.query(kind === 'totp' ? totp.DELETE_TOTP : webauthn.DELETE_PASSKEY, id, userId)
  if (removed === undefined) return { kind: 'unknown' }
  if (isLast) await tx.query(DELETE_RECOVERY_CODES, userId)
  return { kind: 'removed', name: removed.name }
}

async function resetFactors(tx: Queryable, userId: string): Promise<number> {
  await tx.query(LOCK_FACTORS, userId)
  const devices = await tx.query(totp.DELETE_ALL_TOTP, userId)
  const keys = await tx.query(webauthn.DELETE_ALL_PASSKEYS, userId)
  await tx.query(DELETE_RECOVERY_CODES, userId)
  return devices.length + keys.length
}
