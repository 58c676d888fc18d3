import { setTimeout as delay } from 'node:timers/promises'
import type { Listening } from './listen.ts'

/** Tells when it may be worth to read changes; a bell that is missed costs a second, not a wrong answer. */
export interface Bell {
  close(): Promise<void>
}

/** Hears a channel; rejects where that can't be had. */
export type Listen = (channel: string, onBell: () => void) => Promise<Listening>

/** Must equal the channel of `INSERT_CHANGE`. */
const CHANNEL = 'postern_changes'
const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 1_000

/**
 * Rings for every notification and after every (re)connect, and connects again for as long as it isn't closed.
 * @param onTrouble told once each time the connection is lost or can't be had
 */
export function openBell(listen: Listen, onRing: () => void, onTrouble: (error: unknown) => void): Bell {
  const closing = new AbortController()
  let listening: Listening | null = null
  const keepListening = async (): Promise<void> => {
    for (let retryMs = FIRST_RETRY_MS; !closing.signal.aborted; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
      try {
        listening = await listen(CHANNEL, onRing)
        retryMs = FIRST_RETRY_MS
        if (closing.signal.aborted) listening.close()
        onRing()
        await listening.ended
        if (!closing.signal.aborted) onTrouble(new Error('the connection that hears of changes ended'))
      } catch (error) {
        onTrouble(error)
      }
      await delay(retryMs, undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }
  const stopped = keepListening()
  return {
    async close() {
      closing.abort()
      listening?.close()
      await stopped
    },
  }
}
