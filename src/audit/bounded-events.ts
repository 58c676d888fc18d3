import type { Queryable } from '../store/database.ts'
import { EVENT_TYPES, recordEvent } from './events.ts'
import type { AuditEvent, EventType } from './events.ts'
import { networkOf } from './quota.ts'

/** Writes what strangers can cause, so that they can't fill the log: what is beyond a network's share is counted. */
export interface BoundedEvents {
  /** Writes a failure, or counts it where there were as many of the kind from its network within this minute. */
  note(event: Failure): Promise<void>
  /** Writes what was counted in minutes that are over. @param isLast also what is counted now */
  flush(isLast?: boolean): Promise<void>
}

/** Of these nothing comes back when it is not written. */
export type Failure = AuditEvent & { readonly result: 'failure' }

export interface BoundedEventsParts {
  readonly database: Queryable
  /** ms, monotonic. */
  readonly now: () => number
}

const MINUTE_MS = 60_000
/** Of one type from one network within a minute: enough to see who was tried, and one of what needs no more. */
const SHARES = { refuse: 1, other: 10 }
/** Of one type within a minute; all beyond share one. */
const MAX_NETWORKS = 1_000
const MAX_USERS = 20
/** While the database is away; beyond, those of one type are added up. */
const MAX_DUE = 5_000

interface Count {
  readonly type: EventType
  /** Null for several networks. */
  address: string | null
  written: number
  times: number
  /** Some of whom it was about. */
  readonly users: Set<string>
}

export function createBoundedEvents({ database, now }: BoundedEventsParts): BoundedEvents {
  const counts = new Map<string, Count>()
  const due: Count[] = []
  let endsAt = Number.NEGATIVE_INFINITY
  const close = (): void => {
    for (const count of counts.values()) if (count.times > 0) keep(due, count)
    counts.clear()
  }
  return {
    async note(event) {
      if (now() >= endsAt) {
        close()
        endsAt = now() + MINUTE_MS
      }
      const count = countOf(counts, event)
      if (count.written < shareOf(event.type)) {
        count.written++
        return recordEvent(database, event)
      }
      count.times++
      if (event.resource?.startsWith('user:') === true && count.users.size < MAX_USERS) count.users.add(event.resource)
    },
    async flush(isLast = false) {
      if (isLast || now() >= endsAt) close()
      // Taken out first: the round of a timer may be at it still when the last one begins.
      for (let next = due.shift(); next !== undefined; next = due.shift()) {
        try {
          await recordEvent(database, sumOf(next))
        } catch (error) {
          due.unshift(next)
          throw error
        }
      }
    },
  }
}

function keep(due: Count[], count: Count): void {
  const like = due.length < MAX_DUE ? undefined : due.findLast(({ type }) => type === count.type)
  if (like === undefined) return void due.push(count)
  like.times += count.times
  like.address = null
}

function shareOf(type: EventType): number {
  return EVENT_TYPES[type].action === 'refuse' ? SHARES.refuse : SHARES.other
}

function countOf(counts: Map<string, Count>, { type, address = null }: Failure): Count {
  const own = `${type} ${networkOf(address ?? '')}`
  const key = counts.has(own) || counts.size < MAX_NETWORKS ? own : type
  const known = counts.get(key)
  if (known !== undefined) return known
  const count: Count = { type, address: key === own ? address : null, written: 0, times: 0, users: new Set() }
  counts.set(key, count)
  return count
}

/** One row for all of them. */
function sumOf({ type, address, times, users }: Count): AuditEvent {
  const details = { times, ...(users.size > 0 && { users: [...users] }) }
  return { type, result: 'failure', actor: null, address, details }
}
