import type { Queryable } from '../store/database.ts'
import { LEARN_SHOWN } from './binding-table.ts'
import { withShown } from './trail.ts'

/** What of a sign-in is new, of either or both. */
export interface Learnt {
  readonly networks: readonly string[]
  readonly devices: readonly string[]
}

/** What sign-ins have shown and isn't written yet. */
export interface LearntShown {
  /** False where there is no room for it. */
  add(signInId: string, learnt: Learnt): boolean
  of(signInId: string): Learnt | undefined
  /** Writes it; what can't be written, or is being changed by somebody else, is kept for the next time. */
  flush(): Promise<void>
}

/** As many sign-ins in a second as nobody has. */
const MAX_KEPT = 10_000

export function createLearntShown(database: Queryable): LearntShown {
  let kept = new Map<string, Learnt>()
  return {
    add(signInId, learnt) {
      const before = kept.get(signInId)
      if (before === undefined && kept.size >= MAX_KEPT) return false
      kept.set(signInId, joined(before, learnt))
      return true
    },
    of: (signInId) => kept.get(signInId),
    async flush() {
      if (kept.size === 0) return
      const batch = kept
      kept = new Map()
      const keep = (id: string): void => void kept.set(id, joined(batch.get(id), kept.get(id)))
      const rows = [...batch].map(([id, learnt]) => ({ id, ...learnt }))
      try {
        const passedOver = await database.query(LEARN_SHOWN, JSON.stringify(rows))
        for (const { id } of passedOver) keep(id)
      } catch (error) {
        for (const id of batch.keys()) keep(id)
        throw error
      }
    },
  }
}

function joined(one: Learnt | undefined, other: Learnt | undefined): Learnt {
  return {
    networks: (other?.networks ?? []).reduce(withShown, one?.networks ?? []),
    devices: (other?.devices ?? []).reduce(withShown, one?.devices ?? []),
  }
}
