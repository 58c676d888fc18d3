import { createBreaker } from '../lib/breaker.ts'
import type { Breaker } from '../lib/breaker.ts'
import { KeyValueError } from './key-value.ts'
import type { Place } from './redis-client.ts'
import { isRefusal, reasonOf } from './redis-failure.ts'

/** How each place is, so that a node of a cluster that hangs or is gone costs the others nothing. */
export interface Status {
  /** Why it is of no use, be it in part, or null. */
  readonly trouble: string | null
  readonly breakerOf: (place: Place) => Breaker
  /** What is said in place of asking where a breaker is open. */
  readonly notAsked: (place: Place) => KeyValueError
  /** A connection can't be had, or was lost. */
  readonly failed: (place: Place, error: unknown) => void
  readonly answered: (place: Place) => void
  readonly wrote: (place: Place) => void
  /** Counts what a command ended with. */
  readonly toError: (place: Place, error: unknown) => KeyValueError
}

export interface StatusOptions {
  /** Those that hold keys at present. */
  readonly places: () => readonly Place[]
  /** Told when trouble begins, and with null when it is over; free of secrets. */
  readonly onTrouble: (trouble: string | null) => void
  /** ms, monotonic. */
  readonly now: () => number
}

/** What answers with a refusal is not away: reads may work where writes don't, as on a replica or a full server. */
interface Known {
  readonly breaker: Breaker
  away: string | null
  refusal: string | null
  refusedAt: number
}

interface Trouble {
  readonly kind: string
  readonly sentence: string
}

const BREAKER = { failures: 5, probeMs: 250 }
/** What comes and goes is told no more often; and a refusal of what no node holds counts for so long. */
const TELL_MS = 10_000
/** More places than a cluster has: of those that are gone nothing need be known. */
const MAX_KNOWN = 256

/** Nothing is known yet, and that is a trouble. */
export function createStatus({ places, onTrouble, now }: StatusOptions): Status {
  const known = new Map<Place, Known>()
  const telling = new Telling({ onTrouble, now })
  const of = (place: Place): Known => known.get(place) ?? add(known, place, createBreaker(BREAKER, now))
  const find = (isAway: (each: Known) => boolean): Trouble | null => {
    const present = places()
    const counts = (place: Place, at: number): boolean => present.includes(place) || now() - at < TELL_MS
    for (const [place, each] of known)
      if ((place === '' || present.includes(place)) && isAway(each)) return troubleOf(place, 'away', each.away)
    for (const [place, { refusal, refusedAt }] of known)
      if (refusal !== null && counts(place, refusedAt)) return troubleOf(place, refusal, refusal)
    if (known.size > MAX_KNOWN) for (const place of known.keys()) if (!present.includes(place)) known.delete(place)
    return null
  }
  const settle = (): void => telling.tell(find(({ breaker }) => breaker.isOpen))
  const failed = (place: Place, error: unknown): void => {
    const each = of(place)
    each.away = reasonOf(error, each.away)
    each.breaker.failed()
    settle()
  }
  of('').away = 'Redis has not answered yet'
  return {
    get trouble() {
      return find(({ away }) => away !== null)?.sentence ?? null
    },
    breakerOf: (place) => of(place).breaker,
    notAsked: (place) => new KeyValueError(of(place).away ?? 'Redis did not answer the last times'),
    failed,
    answered(place) {
      for (const each of [of(place), of('')]) {
        each.away = null
        each.breaker.succeeded()
      }
      if (telling.isTrouble) settle()
    },
    wrote(place) {
      if (of(place).refusal === null) return
      of(place).refusal = null
      settle()
    },
    toError(place, error) {
      if (!isRefusal(error)) {
        failed(place, error)
        return new KeyValueError(of(place).away ?? 'unknown')
      }
      const refusal = reasonOf(error, null)
      Object.assign(of(place), { refusal, refusedAt: now() })
      settle()
      return new KeyValueError(refusal)
    },
  }
}

function add(known: Map<Place, Known>, place: Place, breaker: Breaker): Known {
  const added = { breaker, away: null, refusal: null, refusedAt: 0 }
  known.set(place, added)
  return added
}

function troubleOf(place: Place, kind: string, why: string | null): Trouble {
  return { kind, sentence: place === '' ? String(why) : `${place}: ${why}` }
}

/** Tells each kind once, and when all is well again. */
class Telling {
  #kind: string | null = null
  #at = -Infinity
  readonly #onTrouble: StatusOptions['onTrouble']
  readonly #now: () => number

  constructor({ onTrouble, now }: Pick<StatusOptions, 'onTrouble' | 'now'>) {
    this.#onTrouble = onTrouble
    this.#now = now
  }

  /** Whether what was told last was a trouble. */
  get isTrouble(): boolean {
    return this.#kind !== null
  }

  tell(trouble: Trouble | null): void {
    const kind = trouble?.kind ?? null
    if (kind === this.#kind || (kind !== null && this.#now() - this.#at < TELL_MS)) return
    if (kind !== null) this.#at = this.#now()
    this.#kind = kind
    this.#onTrouble(trouble?.sentence ?? null)
  }
}
