import { statement } from './statement.ts'

/** One migration that a database has. */
export interface AppliedMigration {
  readonly id: number
  readonly name: string
  readonly sha256: string
  /** As of `MigrationFile.worksFrom`. */
  readonly works_from: number | null
}

/** Safe to run on a database that has it; run it under the migrations' lock. */
export const CREATE_TABLE = `
  create schema if not exists postern;
  create table if not exists postern.migrations (
    id integer primary key,
    name text not null,
    sha256 text not null,
    applied_at timestamptz not null default now(),
    duration_ms integer not null
  );
  alter table postern.migrations add column if not exists works_from integer`

export const tableExists = statement<[], { exists: boolean }>(
  'table_exists',
  `select to_regclass('postern.migrations') is not null as exists`,
)

export const listMigrations = statement<[], AppliedMigration>(
  'list_migrations',
  // 0.1.0 made the table without that column, and a database is looked at before it is changed.
  `select id, name, sha256, (to_jsonb(applied) ->> 'works_from')::int4 as works_from
   from postern.migrations as applied order by id`,
)

export const insertMigration = statement<
  [id: number, name: string, sha256: string, worksFrom: number | null, durationMs: number]
>(
  'insert_migration',
  'insert into postern.migrations (id, name, sha256, works_from, duration_ms) values ($1, $2, $3, $4, $5)',
)
