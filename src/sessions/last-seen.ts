import type { Queryable } from '../store/database.ts'
import { TOUCH_SIGN_INS } from './sessions-table.ts'

/** Remembers when sign-ins were last used and writes it in batches, so that no request waits for it. */
export interface LastSeen {
  note(signInId: string): void
  /** Writes what was noted; what can't be written, or is being changed by somebody else, is kept for the next time. */
  flush(): Promise<void>
}

/**
 * @param now ms, monotonic
 * @param touch gives the ids that somebody else is writing
 */
export function createLastSeen(database: Queryable, now: () => number, touch = TOUCH_SIGN_INS): LastSeen {
  let noted = new Map<string, number>()
  return {
    note: (signInId) => void noted.set(signInId, now()),
    async flush() {
      if (noted.size === 0) return
      const batch = noted
      noted = new Map()
      const keep = (left: Iterable<[string, number]>): void => void (noted = new Map([...left, ...noted]))
      const ages = [...batch.values()].map((seenAt) => now() - seenAt)
      try {
        const passedOver = await database.query(touch, [...batch.keys()], ages)
        if (passedOver.length > 0) keep(passedOver.map(({ id }) => [id, batch.get(id) ?? now()]))
      } catch (error) {
        keep(batch)
        throw error
      }
    },
  }
}
