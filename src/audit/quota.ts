/** How many of something each source may have in a minute. */
export interface Quota {
  /** Takes one; false where the source has had its share. @param atMs ms, monotonic */
  take(source: string, atMs: number): boolean
}

const MINUTE_MS = 60_000

/**
 * A quota that begins anew every minute. Sources beyond `maxSources` share the one of all of them, so that memory is
 * bounded whoever asks.
 */
export function createQuota(limits: { perMinute: number; maxSources: number }): Quota {
  const taken = new Map<string, number>()
  let endsAt = Number.NEGATIVE_INFINITY
  return {
    take(source, atMs) {
      if (atMs >= endsAt) {
        taken.clear()
        endsAt = atMs + MINUTE_MS
      }
      const known = taken.get(source)
      const key = known !== undefined || taken.size < limits.maxSources ? source : ''
      const count = known ?? taken.get(key) ?? 0
      if (count >= limits.perMinute) return false
      taken.set(key, count + 1)
      return true
    },
  }
}

/** What belongs together as one source: 256 addresses of IPv4, one /64 of IPv6. @param address in its shortest form */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address.slice(0, address.lastIndexOf('.'))
  const [head = '', tail] = address.split('::')
  const first = groupsOf(head)
  const last = groupsOf(tail ?? '')
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0')
  return [...first, ...zeros, ...last].slice(0, 4).join(':')
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':')
}
