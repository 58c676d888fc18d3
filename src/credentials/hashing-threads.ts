import { readdirSync, readFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

const THREADS = '/proc/self/task'

/**
 * Lets hashing wait for whoever answers proxies: on Linux the threads that hash get what is left of the processors. A
 * storm of sign-ins then made verify's p99 3.7 times as long, without it 5.6 to 9.5 times. Elsewhere it does nothing.
 * @returns how many threads there are
 */
export function hashWhenOthersRest(): number {
  try {
    const threads = readdirSync(THREADS).filter(isOfPool)
    for (const thread of threads) setPriority(Number(thread), constants.priority.PRIORITY_LOW)
    return threads.length
  } catch {
    return 0
  }
}

function isOfPool(thread: string): boolean {
  return readFileSync(`${THREADS}/${thread}/comm`, 'utf8').trim() === 'libuv-worker'
}
