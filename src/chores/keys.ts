import { recordKey } from '../audit/record-key.ts'
import { endUnneededKeys, promoteDueKeys } from '../credentials/key-rotation.ts'
import { reseal } from '../credentials/reseal.ts'
import { every } from '../lib/every.ts'
import type { Context } from '../parts/context.ts'

/** A new key is heard of by the feed; this finds it where nothing was heard, and lets it take over in time. */
const KEYS_MS = 1_000
const RESEAL_MS = 5_000
/** What a process that was stopped sealed with an older key is found by then. */
const RESEAL_AGAIN_MS = 3_600_000
const END_MS = 3_600_000

type Parts = Pick<Context, 'database' | 'liveKeys' | 'log'>

/** Takes over new keys, has them mint when their time has come, seals anew, and ends keys that nothing needs. */
export function keepKeys(parts: Parts, opened: AsyncDisposableStack): void {
  const { database, log } = parts
  const ending = new AbortController()
  const end = async (): Promise<void> => {
    const ended = await endUnneededKeys(database, recordKey)
    if (ended.length > 0) log.info({ keyIds: ended }, 'keys ended that nothing needs')
  }
  const timers = [
    every(KEYS_MS, createTurn(parts), (error) => log.debug({ err: error }, 'keys can not be read')),
    every(RESEAL_MS, createResealing(parts, ending.signal), (error) => log.warn({ err: error }, 'sealing anew waits')),
    every(END_MS, end, (error) => log.warn({ err: error }, 'keys that nothing needs stay for now')),
  ]
  opened.defer(() => {
    ending.abort()
    for (const timer of timers) timer.stop()
  })
}

function createTurn({ database, liveKeys, log }: Parts): () => Promise<void> {
  let told = 0
  return async () => {
    if (await liveKeys.refresh()) {
      const purposes = await promoteDueKeys(database, recordKey)
      await liveKeys.refresh()
      if (purposes.length > 0) log.info({ purposes }, 'new keys have taken over')
    }
    const { unopened } = liveKeys
    if (unopened.size > 0 && told === 0)
      log.error(
        { keyIds: [...unopened] },
        'POSTERN_SECRET_KEY does not open new keys: start this process with that of the others',
      )
    told = unopened.size
  }
}

function createResealing({ database, liveKeys, log }: Parts, signal: AbortSignal): () => Promise<void> {
  const { sealing } = liveKeys.rings
  let finished = { keyId: 0, at: -Infinity }
  return async () => {
    const { id: keyId } = sealing.minting
    if (sealing.byId.size === 1) return
    if (finished.keyId === keyId && performance.now() - finished.at < RESEAL_AGAIN_MS) return
    const outcome = await reseal(database, sealing, signal)
    if (outcome.done > 0) log.info({ sealed: outcome.done }, 'sealed anew under the key in use')
    if (!outcome.finished) return
    if (outcome.unopened > 0) log.warn({ count: outcome.unopened }, 'sealed values are of keys that are not there')
    finished = { keyId, at: performance.now() }
  }
}
