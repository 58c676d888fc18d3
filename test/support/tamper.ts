import type { Database } from '../../src/store/database.ts'

/** Runs SQL as somebody who owns the database and turns its triggers off. */
export async function tamper(database: Database, sql: string): Promise<void> {
  await database.withConnection((connection) =>
    connection.script(`begin; set local session_replication_role = replica; ${sql}; commit`),
  )
}
