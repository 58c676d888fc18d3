import type { Queryable } from '../store/database.ts'
import type { AttemptFactor, SideName, Sides } from './attempt-sides.ts'
import type { AttemptFilter, AttemptRow, AttemptStore, Counted } from './attempt-store.ts'
import * as table from './attempts-table.ts'

type Unknown = Extract<Sides, { kind: 'unknown_device' }>

/** What is waited for where the stop began while this attempt was on its way. */
const JUST_STOPPED_MS = 30_000

/** Attempts counted in PostgreSQL, each by one statement. */
export function createDatabaseAttempts(database: Queryable): AttemptStore {
  return {
    reserve: (sides, nowMs) =>
      sides.kind === 'known_device' ? onDevice(database, sides, nowMs) : elsewhere(database, sides, nowMs),
    async succeeded(sides) {
      if (sides.kind === 'known_device')
        await database.query(table.FORGIVE_ON_DEVICE, sides.device.key, sides.person.key)
      else await database.query(table.FORGIVE, ...keysOf(sides))
    },
    async notChecked(sides) {
      if (sides.kind === 'known_device') await database.query(table.TAKE_BACK_ON_DEVICE, sides.device.key)
      else await database.query(table.TAKE_BACK, ...keysOf(sides))
    },
    async list(filter, limit, nowMs) {
      const rows = await database.query(table.LIST_ATTEMPTS, ...filterOf(filter), limit, nowMs)
      return rows.map(listed)
    },
    clear: async (filter) => (await database.query(table.CLEAR_ATTEMPTS, ...filterOf(filter))).length,
  }
}

async function elsewhere(database: Queryable, sides: Unknown, nowMs: number): Promise<Counted> {
  const { factor, subject, userId, network: site } = sides.pair
  const whose = [subject ?? Buffer.alloc(0), userId, sides.network.network, site] as const
  const [row] = await database.query(table.RESERVE, nowMs, ...keysOf(sides), factor, sides.person.factor, ...whose)
  if (row === undefined || row.person_failures === null) return stopped(row, 'network')
  const { failures, network_failures: networkFailures, person_failures: personFailures } = row
  return { kind: 'go', failures: failures ?? 0, networkFailures: networkFailures ?? 0, personFailures }
}

async function onDevice(
  database: Queryable,
  { device }: Extract<Sides, { kind: 'known_device' }>,
  nowMs: number,
): Promise<Counted> {
  const { key, factor, subject, userId, network } = device
  const whose = [subject ?? Buffer.alloc(0), userId, network] as const
  const [row] = await database.query(table.RESERVE_ON_DEVICE, nowMs, key, factor, ...whose)
  if (row === undefined || row.failures === null) return stopped(row, 'device')
  return { kind: 'go', failures: row.failures, networkFailures: 0, personFailures: row.failures }
}

function stopped(row: Pick<table.CountedRow, 'stopped_side' | 'wait_ms'> | undefined, unlessTold: SideName): Counted {
  const waitMs = row?.wait_ms ?? JUST_STOPPED_MS
  return { kind: 'stopped', waitMs: waitMs === -1 ? Infinity : waitMs, side: row?.stopped_side ?? unlessTold }
}

function keysOf({ pair, network, person }: Unknown): [Buffer, Buffer, Buffer] {
  return [pair.key, network.key, person.key]
}

function filterOf({ person, network, factors, except = [] }: AttemptFilter): table.FilterParams {
  return [person?.userId ?? null, person?.subjects ?? null, network ?? null, factors ?? null, except]
}

function listed(row: table.ListedRow): AttemptRow {
  return {
    side: row.side as SideName,
    factor: row.factor as AttemptFactor,
    userId: row.user_id,
    network: row.network,
    failures: row.failures,
    lastAt: row.last_at,
    stoppedUntil: row.is_stopped_for_ever ? 'never' : row.stopped_until,
  }
}
