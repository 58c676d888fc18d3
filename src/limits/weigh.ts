import type { Queryable } from '../store/database.ts'
import type { Reservation } from './attempts.ts'
import { assess } from './risk.ts'
import type { Risk } from './risk.ts'
import { FIND_RISK_FACTS } from './risk-table.ts'

/** A sign-in whose first factor is proven. */
export interface WeighedSignIn {
  readonly userId: string
  readonly address: string | null
  readonly isKnownDevice: boolean
  /** As its reservation told. */
  readonly seen: Extract<Reservation, { kind: 'go' }>['seen']
  /** ms since 1970. */
  readonly nowMs: number
}

/** How unlike this user a sign-in is. Its history is what the audit log has of sign-ins that succeeded. */
export async function weigh(tx: Queryable, signIn: WeighedSignIn): Promise<Risk> {
  const { userId, address, isKnownDevice, seen, nowMs } = signIn
  const [row] = await tx.query(FIND_RISK_FACTS, userId, address, nowMs)
  if (row === undefined) throw new Error('nothing was found out about a sign-in')
  return assess({
    signIns: row.sign_ins,
    isKnownDevice,
    isKnownNetwork: row.is_known_network,
    isUsualHour: row.is_usual_hour,
    wasReset: row.was_reset,
    ...seen,
  })
}
