import { PosternError } from '../errors.ts'

/** Runs work a few at a time, the rest waiting in line. */
export interface Limiter {
  /** @throws PosternError `too_many_attempts` at once when the line is full */
  run<T>(work: () => Promise<T>): Promise<T>
  readonly running: number
  readonly waiting: number
  /** True when one more would be refused. */
  readonly isFull: boolean
}

/** A limiter that runs `atOnce` pieces of work and lets `maxWaiting` more wait. */
export function createLimiter(limits: { atOnce: number; maxWaiting: number }): Limiter {
  const line: (() => void)[] = []
  let running = 0
  return {
    get running() {
      return running
    },
    get waiting() {
      return line.length
    },
    get isFull() {
      return running >= limits.atOnce && line.length >= limits.maxWaiting
    },
    async run(work) {
      if (running >= limits.atOnce) {
        if (line.length >= limits.maxWaiting)
          throw new PosternError('too_many_attempts', 'the line of the limiter is full')
        await new Promise<void>((resolve) => line.push(resolve))
      } else running++
      try {
        return await work()
      } finally {
        // The place is handed to the next in line without ever being free, so nobody can slip in between.
        const next = line.shift()
        if (next === undefined) running--
        else next()
      }
    },
  }
}
