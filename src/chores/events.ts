import { readFileSync } from 'node:fs'
import { recordEvent } from '../audit/events.ts'
import { changedSettings } from '../config/changed-settings.ts'
import type { LoadedConfig } from '../config/settings.ts'
import { every } from '../lib/every.ts'
import type { Context } from '../parts/context.ts'
import type { Crew } from '../parts/crew.ts'

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

/** Writes down that the program starts with which settings, by their names, and that it stops; once for all processes. */
export async function keepTellingOfProgram(
  { database, log }: Pick<Context, 'database' | 'log'>,
  loaded: LoadedConfig,
  { crew, opened }: { readonly crew: Crew; readonly opened: AsyncDisposableStack },
): Promise<void> {
  if (!(await crew.leads())) return
  const version = programVersion()
  const about = { result: 'success', actor: null, resource: 'program' } as const
  const started = { version, settings: changedSettings(loaded) }
  await recordEvent(database, { type: 'program_started', ...about, details: started })
  opened.defer(() =>
    recordEvent(database, { type: 'program_stopped', ...about, details: { version } }).catch((error: unknown) =>
      log.warn({ err: error }, 'the end of the program is not written down'),
    ),
  )
}

function programVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
