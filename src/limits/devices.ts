import type { Queryable } from '../store/database.ts'

/** A browser from which somebody signed in before. */
export interface KnownDevice {
  readonly id: string
  /** Whether the second factor was given here and need not be asked again yet. */
  readonly isTrusted: boolean
}

export interface SeenDevice {
  readonly userId: string
  /** What the browser sent, as `readDevice` gives it. */
  readonly deviceHash: Buffer | null
  readonly address: string | null
  readonly userAgent: string
  /** ms for which the second factor need not be given again here; left out, what was agreed before stays. */
  readonly trustForMs?: number
}

/** Devices that people signed in from before. */
export interface Devices {
  /** Null where this user never signed in with this cookie, or has forgotten the device. */
  find(database: Queryable, userId: string, deviceHash: Buffer | null): Promise<KnownDevice | null>
  /** Learns the device of a successful sign-in, in its transaction. @returns the token that the browser is to keep from now on, or null to keep the one it has */
  learn(tx: Queryable, device: SeenDevice): Promise<string | null>
}
