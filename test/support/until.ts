import { setTimeout as delay } from 'node:timers/promises'

const PAUSE_MS = 20

/**
 * Asks again and again until the answer is neither null nor false, and gives it.
 * @throws Error when that takes longer than `withinMs`, or the question's own error at that time
 */
export async function until<T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T | null | false> | T | null | false,
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const sentAt = performance.now()
    const answer = await ask()
    if (answer !== null && answer !== false) return answer
    if (sentAt > deadline) throw new Error(`${what}: not within ${withinMs} ms`)
    await delay(PAUSE_MS)
  }
}
