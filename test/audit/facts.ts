import type { Decided } from '../../src/audit/decision-entry.ts'
import { createDecisions } from '../../src/audit/decisions.ts'
import type { Decisions } from '../../src/audit/decisions.ts'
import type { RefusedAbout } from '../../src/audit/decision-parts.ts'
import { readHost } from '../../src/lib/host.ts'
import type { OriginalRequest } from '../../src/lib/original-request.ts'
import type { Principal } from '../../src/lib/principal.ts'
import { readTarget } from '../../src/lib/target.ts'
import type { Queryable } from '../../src/store/database.ts'

/** A request as a dialect reads it. */
export function original({ target = '/admin/x?secret=1', address = '203.0.113.7' } = {}): OriginalRequest {
  const [host, read] = [readHost('wiki.example.com:8443'), readTarget(target)]
  if (host === null || typeof read === 'string') throw new Error(`refused by the reader: ${target}`)
  const known = {
    method: 'GET',
    scheme: 'https',
    navigation: true,
    appName: 'wiki',
    aliases: [],
    overrides: [],
  } as const
  return { ...known, host, target: read, clientAddress: address }
}

export const ALICE: Principal = {
  userId: '00000000-0000-4000-8000-00000000a11c',
  signInId: '00000000-0000-4000-8000-000000000001',
  login: 'alice',
  email: 'alice@example.com',
  name: 'Alice',
  roles: ['staff', 'editor'],
  factors: { password: Date.now() - 60_000 },
  absoluteExpiresAt: 0,
}

const about = { app: { name: 'wiki' }, rule: { number: 3 }, principal: ALICE }
export const FORBID: Decided = { kind: 'forbid', reason: 'missing_role', ...about }
export const ALLOW: Decided = { kind: 'allow', ...about }
export const SIGN_IN: Decided = { kind: 'sign_in', reason: 'nobody', ...about, principal: null }

/** The id of a decision from a number. */
export function idOf(number: number): string {
  return number.toString(16).padStart(12, '0')
}

/** Of a rule that took the path as it was sent. */
export const AS_SENT: RefusedAbout = { readingOf: () => null }

/** The memory of decisions over a database, with clocks that stand still until they are set. */
export interface OpenedDecisions {
  readonly decisions: Decisions
  readonly dropped: Record<string, number>
  readonly repeated: () => number
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  /** ms: since some moment, and since 1970. */
  readonly clock: { now: number; wall: number }
  /** Notes a forbid of this path. */
  readonly forbid: (target: string, address?: string) => string
}

/** @param logOneIn as `POSTERN_DECISION_SAMPLE` */
export function openDecisions(database: Queryable, logOneIn = 0): OpenedDecisions {
  const dropped: Record<string, number> = {}
  const lines: Record<string, unknown>[] = []
  const clock = { now: 0, wall: Date.now() }
  let repeated = 0
  const decisions = createDecisions({
    database,
    log: { info: (line: object, message?: string) => void lines.push({ ...line, msg: message }) },
    policyVersion: () => 7,
    logOneIn,
    onDropped: (why, count) => void (dropped[why] = (dropped[why] ?? 0) + count),
    onRepeated: () => void repeated++,
    now: () => clock.now,
    clock: () => clock.wall,
  })
  const forbid = (target: string, address?: string): string =>
    decisions.refused(FORBID, original({ target, ...(address !== undefined && { address }) }), AS_SENT)
  return { decisions, dropped, repeated: () => repeated, lines, clock, forbid }
}
