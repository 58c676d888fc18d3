import type { PoolClient, QueryConfig } from 'pg'
import { failureOf } from './statement-failure.ts'
import type { StatementFailure } from './statement-failure.ts'
import type { Statement } from './statement.ts'
import { isStoreUnavailable, toStoreError } from './unavailable.ts'

/**
 * Told of a statement once it is over, in the asynchronous context of who asked.
 * @param label the statement's, or `commit`
 * @param ms without the wait for a connection
 */
export type OnStatement = (label: string, ms: number, failure: StatementFailure | null) => void

/** Runs statements on a connection that its caller holds. */
export interface Runner {
  run<Row>(
    client: PoolClient,
    statement: Statement<readonly unknown[], Row>,
    values: readonly unknown[],
  ): Promise<Row[]>
  /** Plain SQL text, which may take as long as it takes. */
  script(client: PoolClient, text: string): Promise<void>
  inTransaction<T>(client: PoolClient, work: () => Promise<T>): Promise<T>
}

/** The longest that a timer can be set to, 24.8 days: a migration takes as long as it takes. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

/** @param named whether statements are prepared under their names */
export function createRunner(named: boolean, onStatement: OnStatement = () => undefined): Runner {
  const timed = async (client: PoolClient, label: string, config: QueryConfig) => {
    const startedAt = performance.now()
    try {
      const result = await client.query<Record<string, unknown>>(config)
      onStatement(label, performance.now() - startedAt, null)
      return result
    } catch (error) {
      onStatement(label, performance.now() - startedAt, failureOf(error))
      throw toStoreError(error)
    }
  }
  // PostgreSQL answers the commit of a failed transaction with ROLLBACK, and no error.
  const commit = async (client: PoolClient): Promise<void> => {
    const { command } = await timed(client, 'commit', { text: 'commit' })
    if (command !== 'COMMIT')
      throw new Error('A statement of this transaction failed unnoticed: nothing was committed.')
  }
  return {
    async run<Row>(
      client: PoolClient,
      { label, name, text, isPlannedAnew = false }: Statement<readonly unknown[], Row>,
      values: readonly unknown[],
    ) {
      const config = named && !isPlannedAnew ? { name, text, values: [...values] } : { text, values: [...values] }
      return (await timed(client, label, config)).rows as Row[]
    },
    async script(client, text) {
      const config: QueryConfig & { query_timeout: number } = { text, query_timeout: NO_TIMEOUT_MS }
      await send(client, config)
    },
    async inTransaction(client, work) {
      await send(client, { text: 'begin' })
      try {
        const result = await work()
        await commit(client)
        return result
      } catch (error) {
        if (!isStoreUnavailable(error)) await client.query('rollback').catch(() => undefined)
        throw error
      }
    },
  }
}

async function send(client: PoolClient, config: QueryConfig): Promise<void> {
  try {
    await client.query<Record<string, unknown>>(config)
  } catch (error) {
    throw toStoreError(error)
  }
}
