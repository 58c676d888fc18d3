const TICKS = 5

/**
 * The promise's outcome, or a rejection once it is late; what is late goes on unheard. Time in which this process itself
 * stood still counts for a fifth of the deadline at most, so that an answer that came meanwhile is heard first: after a
 * pause of 300 ms every question under way would else count as unanswered though nobody was late but we.
 */
export function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let left = TICKS
    const tick = (): void => {
      left--
      if (left === 0) reject(new DeadlineError(ms))
      else timer = setTimeout(tick, ms / TICKS)
    }
    let timer = setTimeout(tick, ms / TICKS)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

export class DeadlineError extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`)
    this.name = 'DeadlineError'
  }
}
