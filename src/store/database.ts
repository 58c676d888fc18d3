import type { Statement } from './statement.ts'

/** What runs statements: the database itself or an open transaction. */
export interface Queryable {
  /**
   * Rows of one prepared statement, in the order the database gives them.
   * @throws PosternError `store_unavailable` when the database can't be reached; the database's own error otherwise
   */
  query<Params extends readonly unknown[], Row>(statement: Statement<Params, Row>, ...params: Params): Promise<Row[]>
}

/** One connection, held for as long as the work runs. */
export interface Connection extends Queryable {
  /** Runs plain SQL text of any number of statements, without parameters. For migrations alone. */
  script(text: string): Promise<void>
}

/** The port to PostgreSQL, with two drivers: `postgres.ts` over TCP or a socket, `embedded.ts` over PGlite. */
export interface Database extends Queryable {
  /** Commits when `work` resolves, rolls back when it throws. Inside, use `tx` alone: embedded has one connection. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>
  withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T>
  /** Waits for statements under way, then frees what the driver holds. May be called once. */
  close(): Promise<void>
}

/** Connections that are at work and that are idle, and callers that wait for one. */
export interface PoolUse {
  readonly used: number
  readonly idle: number
  readonly waiting: number
}

/** A database with the connections that it holds. */
export interface PooledDatabase extends Database {
  /** How they are used at this moment. */
  poolUse(): PoolUse
}

/** True for a unique violation (SQLSTATE 23505), of the named constraint where one is given. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (!(error instanceof Error) || !('code' in error) || error.code !== '23505') return false
  return constraint === undefined || ('constraint' in error && error.constraint === constraint)
}

/** True where a given value is at fault, not the statement or the server (SQLSTATE classes 22 and 23). */
export function isBadValue(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^2[23]...$/.test(error.code)
}
