import type { Register } from './register.ts'

/** What is told of the database and of Redis. */
export interface StoreMetrics {
  /** @param statement its label, which is a constant */
  statement(statement: string, seconds: number): void
  statementFailed(statement: string, reason: string): void
  slowStatement(statement: string): void
  /** Another database server came into use. */
  databaseSwitched(): void
  /** What a standby may answer was answered by it, or in its place. */
  replicaRead(by: 'replica' | 'primary'): void
  /** @param command its name, such as `GETRANGE` */
  redisCommand(command: string, seconds: number): void
}

const STATEMENT_BUCKETS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
/** None takes much longer than its limit of 100 ms. */
const COMMAND_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25]

/** Makes the metrics of statements and commands. */
export function storeMetrics(register: Register): StoreMetrics {
  const statement = register.durationsBy(
    'postern_statement_duration_seconds',
    'Time that statements took, without the wait for a connection.',
    'statement',
    STATEMENT_BUCKETS,
  )
  const failed = register.counter('postern_statement_errors_total', 'Statements that failed, by why.', [
    'statement',
    'reason',
  ])
  const slow = register.counter('postern_slow_statements_total', 'Statements slower than POSTERN_SLOW_QUERY.', [
    'statement',
  ])
  const switched = register.counter(
    'postern_database_switches_total',
    'Times that another database server came into use in place of one before.',
  )
  const reads = register.counter('postern_replica_reads_total', 'Reads that a standby may answer, by who did.', ['by'])
  const redisCommand = register.durationsBy(
    'postern_redis_command_duration_seconds',
    'Time that commands to Redis took, those that failed among them.',
    'command',
    COMMAND_BUCKETS,
  )
  return {
    statement,
    statementFailed: (label, reason) => failed({ statement: label, reason }),
    replicaRead: (by) => reads({ by }),
    databaseSwitched: () => switched({}),
    slowStatement: (label) => slow({ statement: label }),
    redisCommand,
  }
}
