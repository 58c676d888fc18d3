import { readFileSync, statSync, truncateSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** The requests that nginx answered, as its log has them. */
export interface AccessLog {
  /** Waits until nothing more is written, then empties it: wrk leaves while its last requests are still answered. */
  restart(): Promise<void>
  /** How many answers there were by status. @param page host and path, without a query */
  statuses(page: string): ReadonlyMap<number, number>
}

const QUIET_MS = 100

/** @param path of a log that its writer appends to, so that it may be emptied meanwhile */
export function openAccessLog(path: string): AccessLog {
  return {
    async restart() {
      let size = -1
      while (size !== (size = statSync(path).size)) await delay(QUIET_MS)
      truncateSync(path)
    },
    statuses: (page) => countStatuses(readFileSync(path, 'latin1'), page),
  }
}

/** @param lines in the format of `nginx/postern/http.conf` */
export function countStatuses(lines: string, page: string): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const [, found, text] of lines.matchAll(/"([^"]*)" HTTP\/[\d.]+ (\d{3}) /g)) {
    const status = Number(text)
    if (found === page) counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  return counts
}
