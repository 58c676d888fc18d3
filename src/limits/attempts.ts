import type { Queryable } from '../store/database.ts'
import { KeyValueError } from '../store/key-value.ts'
import { CEILING, delayOf, sidesOf, subjectOf } from './attempt-sides.ts'
import type { Attempt, AttemptFactor, SideName, Sides } from './attempt-sides.ts'
import type { AttemptFilter, AttemptRow, AttemptStore, Counted } from './attempt-store.ts'
import { createDatabaseAttempts } from './database-attempts.ts'
import type { Devices } from './devices.ts'
import type { FailedNames } from './failed-names.ts'

/** Whether an attempt may be checked. It has been counted as a failure already, until `succeeded` takes that back. */
export type Reservation =
  | {
      readonly kind: 'stopped'
      readonly retryAfterS: number
      /** `recovery` after 100 failures in a row: waiting won't help, a reset, `postern user unlock` or a known device will. */
      readonly until: 'time' | 'recovery'
    }
  | {
      readonly kind: 'go'
      /** To be waited for before checking. */
      readonly delayMs: number
      /** What was counted before, for weighing the risk. */
      readonly seen: { readonly failuresBefore: number; readonly peopleFromNetwork: number }
      /** Gives back what this attempt counted and forgets the failures before it from this side. */
      succeeded(): Promise<void>
      /** Gives back what this attempt counted where nothing was checked, since too many were waiting. */
      notChecked(): Promise<void>
    }

/** Whose counts, from which network in CIDR form; what is left out doesn't narrow. */
export interface AttemptQuery {
  /** Names include those that nobody has. */
  readonly person?: { readonly userId: string | null; readonly names: readonly string[] }
  readonly network?: string
  /** People whose counts aren't meant, by id. */
  readonly except?: readonly string[]
  readonly factors?: readonly AttemptFactor[]
}

/**
 * Counts attempts before they are checked (NIST SP 800-63B-4, 3.2.2). Nothing of it may be called inside a transaction:
 * an embedded database has one connection.
 */
export interface Attempts {
  /** @throws PosternError `store_unavailable` */
  reserve(attempt: Attempt): Promise<Reservation>
  /** The latest first. */
  list(query: AttemptQuery, limit: number): Promise<readonly AttemptRow[]>
  /** @returns how many counts went; rejects when one of the stores can't be reached */
  clear(query: AttemptQuery): Promise<number>
}

export interface AttemptsParts {
  readonly database: Queryable
  readonly devices: Pick<Devices, 'find' | 'forget'>
  /** What processes share that counts in the database's place while it answers; null where there is none. */
  readonly shared: AttemptStore | null
  /** Key of the HMAC that stands for a name. */
  /** Follows the key that mints: counts of names begin anew with the next. */
  readonly nameKey: Buffer
  /** Told of every attempt, and of each that was none or right. */
  readonly failedNames?: Pick<FailedNames, 'note' | 'takeBack'>
  readonly onStopped?: (side: SideName, factor: AttemptFactor) => void
  /** ms since 1970. */
  readonly now: () => number
}

const LONGEST_WAIT_S = 86_400
/** Has no device; looked up all the same where nobody has the name, so that the time it takes doesn't tell. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

export function createAttempts(parts: AttemptsParts): Attempts {
  const { database, shared, now } = parts
  const own = createDatabaseAttempts(database)
  const stores = shared === null ? [own] : [shared, own]
  return {
    async reserve(attempt) {
      const { userId, deviceHash } = attempt
      const device = await parts.devices.find(database, userId ?? NOBODY, deviceHash)
      const sides = sidesOf(parts.nameKey, attempt, device !== null)
      const { store, counted } = await countOn(stores, sides, now())
      parts.failedNames?.note(sides)
      if (counted.kind === 'stopped') parts.onStopped?.(counted.side, attempt.factor)
      else if (device !== null && userId !== null && counted.failures >= CEILING)
        await parts.devices.forget(database, userId, device.id)
      return reservationOf(counted, store, sides, () => parts.failedNames?.takeBack(sides))
    },
    async list(query, limit) {
      const lists = await Promise.all(
        stores.map((store) => store.list(filterOf(parts.nameKey, query), limit, now()).catch(noneWhenAway)),
      )
      return lists
        .flat()
        .sort((one, other) => other.lastAt.getTime() - one.lastAt.getTime())
        .slice(0, limit)
    },
    async clear(query) {
      const filter = filterOf(parts.nameKey, query)
      const clearing = stores.map((store) => store.clear(filter))
      // All are done before it is told that one can't be.
      await Promise.allSettled(clearing)
      return (await Promise.all(clearing)).reduce((sum, count) => sum + count, 0)
    },
  }
}

/** What a store counted that is away stops nobody meanwhile. */
function noneWhenAway(error: unknown): readonly AttemptRow[] {
  if (error instanceof KeyValueError) return []
  throw error
}

/** The first that can be reached counts, and no other. */
async function countOn(
  stores: readonly AttemptStore[],
  sides: Sides,
  nowMs: number,
): Promise<{ store: AttemptStore; counted: Counted }> {
  for (const store of stores) {
    try {
      return { store, counted: await store.reserve(sides, nowMs) }
    } catch (error) {
      if (!(error instanceof KeyValueError)) throw error
    }
  }
  throw new Error('no store counts attempts')
}

function reservationOf(counted: Counted, store: AttemptStore, sides: Sides, takeBack: () => void): Reservation {
  if (counted.kind === 'stopped') {
    const retryAfterS = Math.max(1, Math.min(LONGEST_WAIT_S, Math.ceil(counted.waitMs / 1_000)))
    return { kind: 'stopped', retryAfterS, until: counted.waitMs === Infinity ? 'recovery' : 'time' }
  }
  const { failures, networkFailures, personFailures } = counted
  return {
    kind: 'go',
    delayMs: delayOf(failures),
    seen: { failuresBefore: personFailures - 1, peopleFromNetwork: networkFailures },
    succeeded() {
      takeBack()
      return orGone(store.succeeded(sides))
    },
    notChecked() {
      takeBack()
      return orGone(store.notChecked(sides))
    },
  }
}

/** What Redis can't give back any more stays counted: nobody is refused for it who was right. */
async function orGone(givingBack: Promise<void>): Promise<void> {
  await givingBack.catch((error: unknown) => {
    if (!(error instanceof KeyValueError)) throw error
  })
}

function filterOf(nameKey: Buffer, { person, ...others }: AttemptQuery): AttemptFilter {
  return {
    ...others,
    ...(person !== undefined && {
      person: { userId: person.userId, subjects: person.names.map((name) => subjectOf(nameKey, name)) },
    }),
  }
}
