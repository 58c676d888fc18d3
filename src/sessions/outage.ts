/** What this process may still believe while the database is out of reach. */
export interface Outage {
  /** True while memory counts though it can't be compared with the database. */
  mayUseMemory(): boolean
  /** True while the database is known to be out of reach. */
  readonly unreachable: boolean
  /** True while this process does not know all that has changed, or can't ask. */
  readonly isDegraded: boolean
  /** ms of grace that are left; the whole grace while all is well. */
  graceLeft(): number
}

interface Feed {
  isFresh(): boolean
  /** When the last successful read was sent, ms on the monotonic clock. */
  readonly freshAt: number
  /** True from a failed read until one succeeds. */
  readonly unreachable: boolean
}

/** @param now ms, monotonic */
export function watchOutage(feed: Feed, graceMs: number, now: () => number): Outage {
  const graceLeft = (): number => Math.max(0, graceMs - (now() - feed.freshAt))
  return {
    mayUseMemory: () => feed.isFresh() || (feed.unreachable && graceLeft() > 0),
    get unreachable() {
      return feed.unreachable
    },
    get isDegraded() {
      return feed.unreachable || !feed.isFresh()
    },
    graceLeft: () => (feed.isFresh() ? graceMs : graceLeft()),
  }
}
