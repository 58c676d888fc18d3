import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

/** What a request or a command is known by in all that is written because of it. */
export interface Origin {
  readonly requestId: string
  /** Of a request to the portal; null for a command. */
  readonly address: string | null
  readonly userAgent: string
  /** The sign-in that asks; null before it is known, and where there is none. */
  readonly signInId: string | null
  /** Who called a command, and which; null for a request. */
  readonly command: { readonly name: string; readonly operator: string } | null
}

const ID_BYTES = 16
/** Not handed from function to function: the log and the audit log want it of everything, and nothing is decided by it. */
const origins = new AsyncLocalStorage<Origin>()

/** Does work of which everything written down has this origin. */
export function withOrigin<T>(origin: Origin, work: () => T): T {
  return origins.run(origin, work)
}

/** Null for what the program does by itself. */
export function currentOrigin(): Origin | null {
  return origins.getStore() ?? null
}

/** 128 random bits in 22 characters. */
export function newRequestId(): string {
  return randomBytes(ID_BYTES).toString('base64url')
}
