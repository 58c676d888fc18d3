import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import { watchStatements } from '../observe/slow-statements.ts'
import type { StoreOptions } from '../store/open-store.ts'

type Told = Required<Pick<StoreOptions, 'onConnectionError' | 'onStatement' | 'onSwitch' | 'onRead'>>

/** What the database is told to have done, in the log and in metrics. */
export function tellOfDatabase({ metrics, log, slowMs }: { metrics: Metrics; log: Log; slowMs: number }): Told {
  return {
    onConnectionError: (err) => log.warn({ err }, 'a connection to PostgreSQL broke'),
    onStatement: watchStatements({ metrics, log, slowMs, now: () => performance.now() }),
    onSwitch(to) {
      metrics.databaseSwitched()
      log.warn({ to }, 'another database server came into use: what memory held of the one before is dropped')
    },
    onRead: (by) => metrics.replicaRead(by),
  }
}
