import { isVisible, oldestUnseen } from '../lib/snapshot.ts'

/** A change that this process has read. */
export interface KnownChange {
  readonly id: string
  readonly xid: bigint
  /** The user or sign-in that it names; null for the policy and for keys. */
  readonly names: string | null
}

/** What this process knows of changes, for as long as something read before them may still turn up. */
export interface KnownChanges {
  /** @returns false for one that is known already */
  add(change: KnownChange, nowMs: number): boolean
  /**
   * Whether what was read under this snapshot may be told no longer: a change that names the user or sign-in is not
   * visible in it, or it is older than all that this process has read of changes.
   */
  isVoid(snapshot: string, userId: string, signInId: string): boolean
  /**
   * Forgets changes that were added before and that every later snapshot sees, those below the cursor; what was read
   * before one of them counts no more.
   */
  prune(beforeMs: number, cursor: bigint): void
  /** Lets reads begin below what is known, as after a crash of the server. */
  startBelow(cursor: bigint): void
  readonly size: number
}

/** @param from the cursor at which this process begins to read: changes before it are unknown to it */
export function createKnownChanges(from: bigint): KnownChanges {
  let beginning = from
  const added = new Map<string, { change: KnownChange; atMs: number }>()
  const byName = new Map<string, Set<bigint>>()
  const hides = (snapshot: string, name: string): boolean => {
    for (const xid of byName.get(name) ?? []) if (!isVisible(snapshot, xid)) return true
    return false
  }
  return {
    add(change, atMs) {
      const key = keyOf(change)
      if (added.has(key)) return false
      added.set(key, { change, atMs })
      if (change.names !== null) byName.set(change.names, (byName.get(change.names) ?? new Set()).add(change.xid))
      return true
    },
    isVoid: (snapshot, userId, signInId) =>
      oldestUnseen(snapshot) < beginning || hides(snapshot, userId) || hides(snapshot, signInId),
    prune(beforeMs, cursor) {
      for (const [key, { change, atMs }] of added) {
        if (atMs >= beforeMs) return
        // While a transaction from before it is open, new snapshots could not be told from those that miss it.
        if (change.xid >= cursor) continue
        added.delete(key)
        dropName(byName, change)
        if (change.xid >= beginning) beginning = change.xid + 1n
      }
    },
    startBelow(cursor) {
      if (cursor < beginning) beginning = cursor
    },
    get size() {
      return added.size
    },
  }
}

/** Neither number need be new after a crash of a server that doesn't wait for its disk. */
function keyOf({ id, xid, names }: KnownChange): string {
  return `${id} ${xid} ${names}`
}

function dropName(byName: Map<string, Set<bigint>>, { names, xid }: KnownChange): void {
  if (names === null) return
  const xids = byName.get(names)
  xids?.delete(xid)
  if (xids?.size === 0) byName.delete(names)
}
