/** Stops asking what has stopped answering. */
export interface Breaker {
  /** False while asking is known to be in vain. */
  mayAsk(): boolean
  succeeded(): void
  failed(): void
  readonly isOpen: boolean
}

/** Opens after so many failures in a row; while open, one question in `probeMs` may pass and close it by succeeding. */
export function createBreaker(limits: { failures: number; probeMs: number }, now: () => number): Breaker {
  let failures = 0
  let askedAt = 0
  const isOpen = (): boolean => failures >= limits.failures
  return {
    mayAsk() {
      if (!isOpen()) return true
      if (now() - askedAt < limits.probeMs) return false
      askedAt = now()
      return true
    },
    succeeded: () => void (failures = 0),
    failed() {
      failures++
      askedAt = now()
    },
    get isOpen() {
      return isOpen()
    },
  }
}
