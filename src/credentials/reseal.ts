import type { KeyRing } from '../lib/key-ring.ts'
import type { Database } from '../store/database.ts'
import * as table from './reseal-table.ts'
import { createSealing } from './sealing.ts'
import type { SealedPlace } from './sealing.ts'

/** What one walk through all that is sealed came to. */
export interface Resealed {
  readonly done: number
  /** Values that none of the keys opens: nobody could use them before either. */
  readonly unopened: number
  /** False where another process is at it, or the program ends. */
  readonly finished: boolean
}

const KINDS = [
  { purpose: 'totp secret', list: table.LIST_TOTP_TO_RESEAL, write: table.RESEAL_TOTP },
  { purpose: 'webauthn public key', list: table.LIST_PASSKEYS_TO_RESEAL, write: table.RESEAL_PASSKEYS },
] as const
type Kind = (typeof KINDS)[number]

/** A transaction of so many rows takes a few milliseconds, so nobody waits for it. */
const BATCH = 500
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

/** Seals under the key that mints what an older one sealed. May end anywhere: what is done is done, the rest is found anew. */
export async function reseal(database: Database, keys: KeyRing, signal?: AbortSignal): Promise<Resealed> {
  const total = { done: 0, unopened: 0, finished: true }
  for (const kind of KINDS) {
    for (let after: string | null = BEFORE_ALL; after !== null;) {
      if (signal?.aborted === true) return { ...total, finished: false }
      const batch = await resealBatch(database, keys, { kind, after })
      if (batch === null) return { ...total, finished: false }
      total.done += batch.done
      total.unopened += batch.unopened
      after = batch.last
    }
  }
  return total
}

interface Batch {
  readonly done: number
  readonly unopened: number
  /** Null after the last. */
  readonly last: string | null
}

/** @returns null while another process is at it */
function resealBatch(
  database: Database,
  keys: KeyRing,
  { kind, after }: { readonly kind: Kind; readonly after: string },
): Promise<Batch | null> {
  return database.transaction(async (tx) => {
    const [lock] = await tx.query(table.TRY_RESEAL_LOCK)
    if (lock?.held !== true) return null
    const rows = await tx.query(kind.list, after, keys.minting.id, BATCH)
    const anew = rows.flatMap((row) => sealAnew(keys, kind.purpose, row))
    const ids = anew.map(({ id }) => id)
    const values = [anew.map(({ sealed }) => sealed), anew.map(({ made }) => made)] as const
    const [first, last] = [ids[0], ids.at(-1)]
    if (first !== undefined && last !== undefined) await tx.query(kind.write, ids, ...values, first, last)
    const place = rows.length < BATCH ? null : (rows.at(-1)?.id ?? null)
    return { done: anew.length, unopened: rows.length - anew.length, last: place }
  })
}

function sealAnew(
  keys: KeyRing,
  purpose: SealedPlace['purpose'],
  { id, user_id: userId, sealed }: table.SealedRow,
): { id: string; sealed: Buffer; made: Buffer }[] {
  const sealing = createSealing(keys)
  const place = { purpose, rowId: id, userId }
  const bytes = sealing.open(place, sealed)
  return bytes === null ? [] : [{ id, sealed, made: sealing.seal(place, bytes) }]
}
