import { readdirSync, readFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

const THREADS = '/proc/self/task'

/**
 * Lets hashing wait for whoever answers proxies: on Linux the threads that hash get what is left of the processors. With
 * that and a processor left to it a storm of sign-ins makes verify's p99 2.8 times as long, without 5.7 times. Elsewhere
 * it does nothing.
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
