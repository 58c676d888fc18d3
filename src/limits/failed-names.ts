import { ownCopy } from '../lib/own-copy.ts'
import type { Queryable } from '../store/database.ts'
import type { Sides } from './attempt-sides.ts'
import { INSERT_FAILED_NAMES } from './failed-names-table.ts'

/** Which names failed to sign in, gathered in memory and written now and then, bounded whatever comes. */
export interface FailedNames {
  /** An attempt is a failure until it is taken back. */
  note(sides: Sides): void
  takeBack(sides: Sides): void
  flush(): Promise<void>
}

/** So long together counts as one moment. */
export const SLOT_MS = 600_000
/** Of one process in one slot; a burst is long seen by then. */
const MAX_NAMES = 1_000
/** An attempt is checked by then. */
const CHECKED_MS = 10_000
const SUBJECT_BYTES = 12

interface Noted {
  readonly slotMs: number
  readonly network: string
  readonly subject: Buffer
  readonly atMs: number
  times: number
}

/** @param now ms since 1970 */
export function createFailedNames(database: Queryable, now: () => number): FailedNames {
  let slotMs = 0
  let written = new Set<string>()
  const noted = new Map<string, Noted>()
  const enter = (slot: number): void => {
    if (slot !== slotMs) written = new Set()
    slotMs = slot
  }
  return {
    note(sides) {
      const { name, network, subject } = namedBy(sides)
      if (name === null || subject === null) return
      const atMs = now()
      enter(slotOf(atMs))
      const before = noted.get(name)
      if (before !== undefined) before.times++
      else if (!written.has(name) && written.size + noted.size < MAX_NAMES)
        noted.set(name, { slotMs, network: ownCopy(network), subject, atMs, times: 1 })
    },
    takeBack(sides) {
      const { name } = namedBy(sides)
      const found = name === null ? undefined : noted.get(name)
      if (name !== null && found !== undefined && --found.times <= 0) noted.delete(name)
    },
    async flush() {
      const due = [...noted].filter(([, { atMs }]) => now() - atMs >= CHECKED_MS)
      if (due.length === 0) return
      const rows = due.map(([, row]) => row)
      const slots = rows.map((row) => row.slotMs)
      await database.query(
        INSERT_FAILED_NAMES,
        slots,
        rows.map(({ network }) => network),
        rows.map(({ subject }) => subject),
      )
      for (const [name, row] of due) {
        noted.delete(name)
        if (row.slotMs === slotMs) written.add(name)
      }
    },
  }
}

/** When the slot began that a moment is in, ms since 1970. */
export function slotOf(ms: number): number {
  return ms - (ms % SLOT_MS)
}

/** One that failed by password and by Basic is one name. */
function namedBy(sides: Sides): { name: string | null; network: string; subject: Buffer | null } {
  const side = sides.kind === 'known_device' ? sides.device : sides.pair
  const network = (sides.kind === 'known_device' ? sides.device : sides.network).network ?? 'unknown'
  const isGuess = side.factor === 'password' || side.factor === 'basic'
  if (!isGuess || side.subject === null) return { name: null, network, subject: null }
  const subject = side.subject.subarray(0, SUBJECT_BYTES)
  return { name: `${network} ${subject.toString('base64url')}`, network, subject }
}
