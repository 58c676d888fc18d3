import { createHash } from 'node:crypto'

/** What a browser's cookie says of its trips to the start of signing in, once one more is counted. */
export interface Trips {
  /** For the cookie. */
  readonly value: string
  /** True when the browser came for this one page more often than any person does. */
  readonly isLoop: boolean
}

/** Trips to one page that a person may make within `TRIPS_LIFE_S`. */
export const MAX_TRIPS = 5
/** How long a trip counts, in seconds. */
export const TRIPS_LIFE_S = 60

/** Pages that one browser may loop over at once: enough for a window full of tabs, and 200 bytes. */
const MAX_PAGES = 8
const ENTRY = /^([0-9a-f]{8})_([1-9]\d?)_([0-9a-z]{1,8})$/

/**
 * Counts one more trip. Pages are counted apart, since a window full of tabs that opens at once is no loop. The cookie is
 * the visitor's own business: whoever writes one himself stops nobody but himself.
 * @param cookie as the browser sent it, or null
 * @param target path and query that the browser wants to return to
 */
export function countTrip(cookie: string | null, target: string, nowMs: number): Trips {
  const page = createHash('sha256').update(target).digest('hex').slice(0, 8)
  const now = Math.floor(nowMs / 1_000)
  const entries = readEntries(cookie ?? '', now)
  const { count, since } = entries.find((entry) => entry.page === page) ?? { count: 0, since: now }
  const others = entries.filter((entry) => entry.page !== page)
  const kept = [{ page, count: Math.min(count + 1, MAX_TRIPS + 1), since }, ...others].slice(0, MAX_PAGES)
  return { value: kept.map(writeEntry).join('.'), isLoop: count >= MAX_TRIPS }
}

interface Entry {
  /** Beginning of the digest of the page. */
  readonly page: string
  readonly count: number
  /** Seconds since 1970 of the first trip. */
  readonly since: number
}

function readEntries(cookie: string, now: number): Entry[] {
  return cookie.split('.', MAX_PAGES).flatMap((text) => {
    const [, page = '', count = '', since = ''] = ENTRY.exec(text) ?? []
    const entry = { page, count: Number(count), since: Number.parseInt(since, 36) }
    const age = now - entry.since
    return age >= 0 && age < TRIPS_LIFE_S ? [entry] : []
  })
}

function writeEntry({ page, count, since }: Entry): string {
  return `${page}_${count}_${since.toString(36)}`
}
