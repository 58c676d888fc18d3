/**
 * Whether what was read under a snapshot includes what a transaction did, as PostgreSQL itself decides it: begun
 * before the snapshot's end and not in progress when it was taken.
 * @param snapshot text of `pg_current_snapshot()`: `xmin:xmax:xip,xip,…`
 */
export function isVisible(snapshot: string, xid: bigint): boolean {
  const [xmin = '', xmax = '', inProgress = ''] = snapshot.split(':')
  if (xid < BigInt(xmin)) return true
  if (xid >= BigInt(xmax)) return false
  return !inProgress.split(',').includes(String(xid))
}

/** The first transaction that the snapshot might not see. */
export function oldestUnseen(snapshot: string): bigint {
  return BigInt(snapshot.slice(0, snapshot.indexOf(':')))
}
