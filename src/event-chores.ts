import type { Context } from './context.ts'
import { every } from './lib/every.ts'

/** Twice within the minute by which what is beyond a share is counted. */
const FLUSH_MS = 30_000

/** Writes what was counted in the place of being written, and once more at the end. */
export function keepWritingEvents(
  { events, log }: Pick<Context, 'events' | 'log'>,
  opened: AsyncDisposableStack,
): void {
  const timer = every(
    FLUSH_MS,
    () => events.flush(),
    (error) => log.warn({ err: error }, 'refusals are not counted yet'),
  )
  opened.defer(async () => {
    timer.stop()
    await events.flush(true).catch((error: unknown) => log.warn({ err: error }, 'the last counts of refusals are lost'))
  })
}
