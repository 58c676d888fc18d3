import { EVENT_TYPES } from '../audit/events.ts'
import type { EventType } from '../audit/events.ts'
import { READ_EVENT_HOURS, READ_FORBIDDEN_HOURS, RECENT_EVENTS } from '../audit/event-sums-table.ts'
import type { EventHourRow, ForbiddenHourRow, RecentEventRow } from '../audit/event-sums-table.ts'
import type { Health } from '../observe/health.ts'
import type { LatencyPoint } from '../observe/latency.ts'
import type { Program } from '../observe/program.ts'
import { COUNT_VALID_SESSIONS } from '../sessions/count-sessions-table.ts'
import type { Database } from '../store/database.ts'
import type { Console } from './console.ts'

/** What the overview shows; null for what the visitor may not see. */
export interface OverviewFacts {
  readonly health: Health | null
  readonly latency: readonly LatencyPoint[] | null
  readonly sessions: { readonly sessions: number; readonly people: number } | null
  readonly hours: readonly EventHourRow[] | null
  readonly forbidden: readonly ForbiddenHourRow[] | null
  readonly anomalies: readonly RecentEventRow[] | null
  readonly events: readonly RecentEventRow[] | null
}

export interface OverviewSources {
  readonly database: Database
  readonly program: Program
}

const DAY_MS = 86_400_000
const SHOWN = 8
/** Told beside all that refuses or warns. */
const WEIGHTY: readonly EventType[] = ['roles_changed', 'user_disabled', 'user_deleted', 'factors_reset']

const TYPES = Object.keys(EVENT_TYPES) as EventType[]
const ANOMALIES = TYPES.filter((type) => type.startsWith('anomaly_'))
const SECURITY_EVENTS = TYPES.filter((type) => !ANOMALIES.includes(type) && (isWarning(type) || WEIGHTY.includes(type)))

/** Reads all at once. */
export async function readOverview(
  { database, program }: OverviewSources,
  { may }: Pick<Console, 'may'>,
): Promise<OverviewFacts> {
  const since = new Date(Date.now() - DAY_MS)
  const [seesSystem, seesSessions, seesAudit] = [
    may('postern.system:read'),
    may('postern.sessions:read'),
    may('postern.audit:read'),
  ]
  const [health, counted, hours, forbidden, anomalies, events] = await Promise.all([
    seesSystem ? program.health() : null,
    seesSessions ? database.query(COUNT_VALID_SESSIONS) : null,
    seesAudit ? database.query(READ_EVENT_HOURS) : null,
    seesAudit ? database.query(READ_FORBIDDEN_HOURS) : null,
    seesAudit ? database.query(RECENT_EVENTS, ANOMALIES, since, SHOWN) : null,
    seesAudit ? database.query(RECENT_EVENTS, SECURITY_EVENTS, since, SHOWN) : null,
  ])
  const latency = seesSystem ? program.latency.points : null
  return { health, latency, sessions: counted?.[0] ?? null, hours, forbidden, anomalies, events }
}

function isWarning(type: EventType): boolean {
  const { action } = EVENT_TYPES[type]
  return action === 'warn' || action === 'refuse'
}
