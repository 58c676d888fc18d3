import { randomBytes, randomUUID } from 'node:crypto'
import type { Queryable } from '../store/database.ts'
import type { Sealing } from './sealing.ts'
import { matchTotpStep, TOTP_KEY_BYTES } from './totp-code.ts'
import * as table from './totp-table.ts'

/** How long there is for the first code of a new device. */
const ENROL_MS = 600_000
/** A step that no device has left to use. */
const NO_STEP = -1

/**
 * Begins a device that proves nothing yet, in the place of one that was begun before.
 * @returns its key, which is told this once
 */
export async function beginTotp(tx: Queryable, sealing: Sealing, userId: string): Promise<Buffer> {
  const key = randomBytes(TOTP_KEY_BYTES)
  const id = randomUUID()
  await tx.query(table.PUT_UNCONFIRMED_TOTP, id, userId, sealing.seal(placeOf(id, userId), key))
  return key
}

/** Makes the device that was begun count, by its first right code; false for any other and once its time is over. */
export async function confirmTotp(
  tx: Queryable,
  sealing: Sealing,
  { userId, name, code, nowMs }: { userId: string; name: string; code: string; nowMs: number },
): Promise<boolean> {
  const [begun] = await tx.query(table.FIND_UNCONFIRMED_TOTP, userId, ENROL_MS)
  if (begun === undefined) return false
  const step = stepOf(sealing, userId, begun, { code, nowMs })
  if (step === NO_STEP) return false
  return (await tx.query(table.CONFIRM_TOTP, begun.id, name, step)).length > 0
}

/** As `Factors.proveTotp`; wrong, used and late codes take the same statements. */
export async function proveTotp(
  tx: Queryable,
  sealing: Sealing,
  { userId, code, nowMs }: { userId: string; code: string; nowMs: number },
): Promise<boolean> {
  const devices = await tx.query(table.LIST_TOTP_SECRETS, userId)
  const steps = devices.map((device) => stepOf(sealing, userId, device, { code, nowMs }))
  const ids = devices.map(({ id }) => id)
  return (await tx.query(table.USE_TOTP_STEPS, ids, steps)).length > 0
}

function stepOf(
  sealing: Sealing,
  userId: string,
  { id, sealed_secret: sealed }: table.TotpSecretRow,
  { code, nowMs }: { code: string; nowMs: number },
): number {
  const key = sealing.open(placeOf(id, userId), sealed)
  return key === null ? NO_STEP : (matchTotpStep(key, code, nowMs) ?? NO_STEP)
}

function placeOf(rowId: string, userId: string): { purpose: 'totp secret'; rowId: string; userId: string } {
  return { purpose: 'totp secret', rowId, userId }
}
