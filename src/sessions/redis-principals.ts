import { createHash } from 'node:crypto'
import type { KeyRing } from '../lib/key-ring.ts'
import { hashToken } from '../lib/tokens.ts'
import type { SharedOutcome } from '../observe/metrics-verify.ts'
import type { KeyValue } from '../store/key-value.ts'
import { createPrincipalSeal } from './principal-seal.ts'
import type { SharedPrincipals } from './shared-principals.ts'

export interface RedisPrincipalsParts {
  readonly keyValue: Pick<KeyValue, 'get' | 'set'>
  /** The token keys, from which those that seal are derived. */
  readonly keys: KeyRing
  /** Entries are for the database with this identity alone. */
  readonly databaseIdentity: string
  /** Entries from before the database server was started anew are not looked at, see `change-feed.ts`. */
  readonly server: () => string
  readonly onRead?: (outcome: SharedOutcome) => void
  /** ms, monotonic. */
  readonly now: () => number
}

/** The life of an entry, which it carries inside as well: what was recorded can't be put back later. */
export const SHARED_LIFE_MS = 300_000
/** A principal takes 400 bytes and 40 for each role; what is larger is read from the database. */
const MAX_VALUE_BYTES = 16_384
/** A machine whose clock is ahead of another's by more finds its entries ignored there. */
const CLOCK_DIFFERENCE_MS = 60_000

/** Principals that processes of one database share, sealed; under keys that tell the token's SHA-256 alone. */
export function createRedisPrincipals(parts: RedisPrincipalsParts): SharedPrincipals {
  const { keyValue, databaseIdentity, now } = parts
  const seal = createPrincipalSeal(parts.keys, databaseIdentity)
  let server = parts.server()
  let prefix = prefixOf(databaseIdentity, server)
  const keyOf = (hash: Buffer): string => {
    if (server !== parts.server()) prefix = prefixOf(databaseIdentity, (server = parts.server()))
    return prefix + hash.toString('base64url')
  }
  const told = (outcome: SharedOutcome): null => {
    parts.onRead?.(outcome)
    return null
  }
  return {
    async get(token) {
      const hash = hashToken(token)
      const value = await keyValue.get(keyOf(hash), MAX_VALUE_BYTES).catch(() => 'failed' as const)
      if (value === null) return told('miss')
      if (value === 'failed') return told('failed')
      const opened = seal.open(hash, value)
      if (opened === null || !isInTime(opened.writtenAt)) return told('odd')
      told('hit')
      return { ...opened.fact, readAt: now() }
    },
    set(token, { principal, host, snapshot, shown }) {
      const writtenAt = Date.now()
      const lifeMs = Math.min(SHARED_LIFE_MS, principal.absoluteExpiresAt - writtenAt)
      const hash = hashToken(token)
      const value = seal.close(hash, {
        fact: { principal, host, snapshot, ...(shown !== undefined && { shown }) },
        writtenAt,
      })
      if (lifeMs < 1 || value.length > MAX_VALUE_BYTES) return
      // What is not kept is read from the database again; the driver tells of trouble.
      keyValue.set(keyOf(hash), value, lifeMs).catch(() => undefined)
    },
  }
}

function isInTime(writtenAt: number): boolean {
  const ageMs = Date.now() - writtenAt
  return ageMs >= -CLOCK_DIFFERENCE_MS && ageMs < SHARED_LIFE_MS
}

function prefixOf(databaseIdentity: string, server: string): string {
  const digest = createHash('sha256').update(`${databaseIdentity} ${server}`).digest('base64url')
  return `postern:principal:${digest.slice(0, 16)}:`
}
