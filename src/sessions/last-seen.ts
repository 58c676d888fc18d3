import type { Queryable } from '../store/database.ts'
import { TOUCH_SIGN_INS } from './sessions-table.ts'

/** Remembers when sign-ins were last used and writes it in batches, so that no request waits for it. */
export interface LastSeen {
  note(signInId: string): void
  /** Writes what was noted; what can't be written is kept for the next time. */
  flush(): Promise<void>
}

/** @param now ms, monotonic */
export function createLastSeen(database: Queryable, now: () => number): LastSeen {
  let noted = new Map<string, number>()
  return {
    note: (signInId) => void noted.set(signInId, now()),
    async flush() {
      if (noted.size === 0) return
      const batch = noted
      noted = new Map()
      const ages = [...batch.values()].map((seenAt) => now() - seenAt)
      try {
        await database.query(TOUCH_SIGN_INS, [...batch.keys()], ages)
      } catch (error) {
        noted = new Map([...batch, ...noted])
        throw error
      }
    },
  }
}
