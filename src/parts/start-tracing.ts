import { readFileSync } from 'node:fs'
import type { LoadedConfig } from '../config/settings.ts'
import type { Log } from '../observe/log.ts'
import type { Tracing } from '../observe/traces.ts'
import type { KeyValue } from '../store/key-value.ts'
import type { Store } from '../store/open-store.ts'
import { tracedDatabase, tracedKeyValue } from './traced-store.ts'

/** Where a collector is named, spans go there until the program ends; else null, and nothing of it is loaded. */
export async function startTracing(
  { config, secrets }: LoadedConfig,
  log: Log,
  opened: AsyncDisposableStack,
): Promise<Tracing | null> {
  if (config.tracesUrl === null) return null
  const { openTracing } = await import('../observe/tracing.ts')
  const tracing = openTracing({
    url: config.tracesUrl,
    headers: secrets.tracesHeaders ?? {},
    share: config.tracesSample,
    version: version(),
    onTrouble: (why) => {
      if (why === null) log.info('the collector takes traces again')
      else log.warn({ why }, 'the collector does not take traces: they are dropped, and all else goes on')
    },
  })
  opened.defer(() => tracing.close())
  return tracing
}

interface Stores {
  readonly store: Store
  readonly keyValue: KeyValue | null
}

/** The same stores, whose work can be seen in traces where there are any. */
export function traceStores({ store, keyValue }: Stores, tracing: Tracing | null): Stores {
  if (tracing === null) return { store, keyValue }
  return {
    store: { ...store, database: tracedDatabase(store.database, tracing) },
    keyValue: keyValue === null ? null : tracedKeyValue(keyValue, tracing),
  }
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
