import { randomBytes } from 'node:crypto'
import type { OriginalRequest } from '../lib/original-request.ts'
import { ownCopy } from '../lib/own-copy.ts'
import type { Principal } from '../lib/principal.ts'
import { isBadValue } from '../store/database.ts'
import type { Queryable } from '../store/database.ts'
import { isStoreUnavailable } from '../store/unavailable.ts'
import { INSERT_DECISIONS } from './decisions-table.ts'
import { createQuota, networkOf } from './quota.ts'

/** What is written down of a decision: words and numbers of the policy, and who it was. */
export interface Decided {
  readonly kind: string
  readonly reason?: string
  readonly app?: { readonly name: string } | null
  readonly rule?: { readonly number: number } | null
  readonly principal?: Principal | null
}

/** Remembers decisions and writes them in batches, so that no request waits for it. */
export interface Decisions {
  /**
   * Notes a refusal or forbid, and of what passes or must sign in a sample. Never throws.
   * @param id under which the visitor was told of it, or empty
   */
  note(decided: Decided, id: string, original: OriginalRequest | null): void
  /** Writes what was noted. What a database that can't be reached didn't take is kept for the next time. */
  flush(): Promise<void>
}

/** Why a decision is not written down: its network has had its share, memory is full, or the database won't take it. */
export type Dropped = 'network' | 'memory' | 'database'

export interface DecisionsOptions {
  readonly database: Queryable
  /** Version of the policy that decides now. */
  readonly policyVersion: () => number
  readonly onDropped: (why: Dropped, count: number) => void
  /** ms, monotonic */
  readonly now: () => number
}

/** The path of the longest addresses that people really open; the rest is cut. */
const MAX_PATH = 512
/** Everybody behind one address shares it, and nobody reads more of one network. */
const DENIALS = { perMinute: 120, maxSources: 10_000 }
/** Of what passes as many of a kind each minute, so that a quiet site is known whole. */
const SAMPLES = { perMinute: 30, maxSources: 3 }
/** Of the rest one in so many, and no more than this: a busy minute would take the place of what is older. */
const ONE_IN = 100
const SPARSE = { perMinute: 60, maxSources: 3 }
/** Some 400 bytes each. */
const MAX_PENDING = 5_000
const MAX_BATCH = 500

/** Builds the memory of decisions; the caller flushes it. */
export function createDecisions(options: DecisionsOptions): Decisions {
  const { onDropped, now } = options
  const denials = createQuota(DENIALS, now)
  const samples = createQuota(SAMPLES, now)
  const sparse = createQuota(SPARSE, now)
  const noted: NotedDecision[] = []
  let passed = 0
  const isWanted = ({ kind }: Decided, original: OriginalRequest | null): boolean => {
    if (kind === 'allow' || kind === 'sign_in')
      return samples.take(kind) || (passed++ % ONE_IN === 0 && sparse.take(kind))
    if (denials.take(networkOf(original?.clientAddress ?? ''))) return true
    onDropped('network', 1)
    return false
  }
  return {
    note(decided, id, original) {
      if (!isWanted(decided, original)) return
      if (noted.length >= MAX_PENDING) return onDropped('memory', 1)
      noted.push(describe(decided, { id, original, atMs: now(), policyVersion: options.policyVersion() }))
    },
    async flush() {
      while (noted.length > 0) await writeBatch(options, noted)
    },
  }
}

/** As the columns of the table, but for its age. */
interface NotedDecision {
  readonly atMs: number
  readonly row: Readonly<Record<string, unknown>>
}

interface Circumstances {
  readonly id: string
  readonly original: OriginalRequest | null
  readonly atMs: number
  readonly policyVersion: number
}

async function writeBatch(parts: DecisionsOptions, noted: NotedDecision[]): Promise<void> {
  const batch = noted.splice(0, MAX_BATCH)
  const refusal = await write(parts, batch).catch((error: unknown) => {
    noted.unshift(...batch)
    throw error
  })
  if (refusal !== null) throw refusal
}

/**
 * What the database refuses once it would refuse for ever, and everything behind it would wait: so it is dropped. Around
 * a row with a bad value the others are written, by halves.
 * @returns the last refusal, or null
 */
async function write(parts: DecisionsOptions, batch: readonly NotedDecision[]): Promise<Error | null> {
  const { database, onDropped, now } = parts
  try {
    const rows = batch.map(({ atMs, row }) => ({ ...row, age_ms: now() - atMs }))
    await database.query(INSERT_DECISIONS, JSON.stringify(rows))
    return null
  } catch (error) {
    if (isStoreUnavailable(error) || !(error instanceof Error)) throw error
    if (batch.length > 1 && isBadValue(error)) {
      const half = batch.length >> 1
      const refusal = await write(parts, batch.slice(0, half))
      return (await write(parts, batch.slice(half))) ?? refusal
    }
    onDropped('database', batch.length)
    return error
  }
}

function describe(decided: Decided, { id, original, atMs, policyVersion }: Circumstances): NotedDecision {
  const { kind, reason = null, app = null, rule = null, principal = null } = decided
  const row = {
    id: id === '' ? randomBytes(6).toString('hex') : id,
    kind,
    reason,
    sampled: id === '',
    policy_version: policyVersion,
    app: app?.name ?? null,
    rule: rule?.number ?? null,
    ...describeRequest(original),
    ...describeVisitor(principal),
  }
  return { atMs, row }
}

/** Copies, as the texts were cut out of a request of up to 64 KiB. */
function describeRequest(original: OriginalRequest | null): object {
  if (original === null) return { path_is_cut: false }
  const { method, scheme, host, target, clientAddress, appName } = original
  return {
    named_app: appName === null ? null : ownCopy(appName),
    method: ownCopy(method.slice(0, MAX_PATH)),
    scheme: ownCopy(scheme),
    host: ownCopy(host.port === null ? host.name : `${host.name}:${host.port}`),
    path: ownCopy(target.path.slice(0, MAX_PATH)),
    path_is_cut: target.path.length > MAX_PATH,
    client_address: clientAddress === '' ? null : ownCopy(clientAddress),
  }
}

function describeVisitor(principal: Principal | null): object {
  if (principal === null) return { roles: [], factor_ages: [] }
  const { userId, login, roles, factors } = principal
  const ages = Object.values(factors).map((provenAt) => Math.max(0, Math.round((Date.now() - provenAt) / 1_000)))
  return { user_id: userId, login, roles, factor_ages: ages.map((age) => Math.min(age, 2 ** 31 - 1)) }
}
