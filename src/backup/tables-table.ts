import { statement } from '../store/statement.ts'
import type { Statement } from '../store/statement.ts'

export interface TableRow {
  name: string
  columns: string[]
  /** Of each column, as it is written in a cast. */
  types: string[]
  /** Columns of the primary key; empty where there is none. */
  key: string[]
  /** Columns that number themselves. */
  identity: string[]
  /** Other tables that it refers to. */
  refers: string[]
}

/** Every table of the schema, those in partitions as one. */
export const LIST_TABLES = statement<[], TableRow>(
  'list_tables',
  `select c.relname::text as name,
     (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
     (select array_agg(format_type(a.atttypid, a.atttypmod) order by a.attnum) from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as types,
     array(select a.attname::text from pg_index i, unnest(i.indkey::int2[]) with ordinality k(number, place), pg_attribute a
      where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid and a.attnum = k.number order by k.place) as key,
     array(select a.attname::text from pg_attribute a
      where a.attrelid = c.oid and a.attidentity <> '' and not a.attisdropped order by a.attnum) as identity,
     array(select distinct r.relname::text from pg_constraint f join pg_class r on r.oid = f.confrelid
      where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as refers
   from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'auth' and c.relkind in ('r', 'p') and not c.relispartition
   order by c.relname`,
)

/** As the first of a transaction: all that follows sees one moment and changes nothing. */
export function seeOneMoment(): Statement<[], never> {
  return statement('see_one_moment', 'set transaction isolation level repeatable read, read only', {
    isPlannedAnew: true,
  })
}

/** Until the end of the transaction values are written, and read, in one form whatever a role or server set. */
export const FIX_FORMS = statement<[], object>(
  'fix_forms',
  `select set_config('datestyle', 'ISO, YMD', true), set_config('intervalstyle', 'postgres', true),
     set_config('timezone', 'UTC', true), set_config('bytea_output', 'hex', true),
     set_config('extra_float_digits', '1', true), set_config('statement_timeout', '0', true),
     set_config('idle_in_transaction_session_timeout', '0', true)`,
)

/** Rows are read in the order of an index, so that the first come at once, however many there are. */
export const AVOID_SORTS = statement<[], object>('avoid_sorts', `select set_config('enable_sort', 'off', true)`)

/** About how many rows there are, as the server last counted; 0 where it never did. */
export const ESTIMATE_ROWS = statement<[], { rows: number }>(
  'estimate_rows',
  `select coalesce(sum(greatest(c.reltuples, 0)), 0)::float8 as rows
   from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'auth' and c.relkind = 'r'`,
)

/** Up to where a column has numbered; null where it never did. */
export const READ_SEQUENCE = statement<[table: string, column: string], { value: string | null }>(
  'read_sequence',
  `select pg_sequence_last_value(pg_get_serial_sequence(format('auth.%I', $1::text), $2::text)::regclass)::text as value`,
)

/** Numbers on from there; each number of rows that are gone stays used. */
export const SET_SEQUENCE = statement<[table: string, column: string, value: string], object>(
  'set_sequence',
  `select setval(pg_get_serial_sequence(format('auth.%I', $1::text), $2::text)::regclass, $3::text::bigint)`,
)

export const COUNT_USERS = statement<[], { count: number }>(
  'count_users',
  'select count(*)::int as count from auth.users',
)

export const HAS_TABLES = statement<[], { has: boolean }>(
  'has_tables',
  `select to_regclass('auth.users') is not null as has`,
)

export const READ_DATABASE = statement<[], { value: string }>(
  'read_database',
  'select value from auth.database_identity',
)

/** Connections of processes of ours beside this one, also where an address names them otherwise. */
export const COUNT_PROCESSES = statement<[], { count: number }>(
  'count_processes',
  `select count(*)::int as count from pg_stat_activity
   where datname = current_database() and pid <> pg_backend_pid()
     and application_name in ('postern', 'postern bell', current_setting('application_name'))`,
)

/** What replaces a database: a script, since it may wait long for others. All of it goes, or with the transaction nothing. */
export const DROP_ALL = `set local statement_timeout = 0; set local lock_timeout = '15s';
  drop schema if exists auth cascade; drop schema if exists postern cascade`

/** What migrations put into tables that a backup fills. */
export const DELETE_SEEDS = statement<[]>('delete_seeds', 'delete from auth.roles')

/** Puts the rows of past months where they belong. */
export const SORT_BY_MONTH = 'select auth.make_audit_partitions()'

export const ANALYZE = 'analyze'

/** Rows that are carried, where not all of a table are; what opens something within minutes is not. */
const ONLY: Readonly<Record<string, string>> = { one_time_tokens: "purpose = 'invitation'" }

/** What is written in place of a column: a browser that is trusted must prove a second factor anew. */
const INSTEAD: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  devices: { trusted_until: 'null', trusted_epoch: 'null' },
}

/** Begins to read a table, in the order of its key where it has one, each row as a JSON array of texts. */
export function declareRows({ name, columns, key }: Pick<TableRow, 'name' | 'columns' | 'key'>): Statement<[], never> {
  const texts = columns.map((column) => `(${INSTEAD[name]?.[column] ?? quoted(column)})::text`)
  const order = key.length > 0 ? `order by ${key.map(quoted).join(', ')}` : ''
  return statement<[]>(
    'declare_backup_rows',
    `declare backup_rows no scroll cursor for select to_json(array[${texts.join(', ')}])::text as line
     from auth.${quoted(name)} where ${ONLY[name] ?? 'true'} ${order}`,
    { isPlannedAnew: true },
  )
}

/** The next rows of the table that is read. */
export function fetchRows(count: number): Statement<[], { line: string }> {
  return statement('fetch_backup_rows', `fetch forward ${count} from backup_rows`, { isPlannedAnew: true })
}

/** Ends reading it, so that the next can begin. */
export function closeRows(): Statement<[], never> {
  return statement('close_backup_rows', 'close backup_rows', { isPlannedAnew: true })
}

/** Adds rows that were read so. @param columns those that the rows have, in their order, with their types */
export function insertRows(
  name: string,
  columns: readonly { readonly name: string; readonly type: string }[],
): Statement<[rows: string], { count: number }> {
  const values = columns.map(({ type }, index) => `(line ->> ${index})::${type}`)
  return statement(
    'insert_backup_rows',
    `with added as (
       insert into auth.${quoted(name)} (${columns.map((column) => quoted(column.name)).join(', ')}) overriding system value
       select ${values.join(', ')} from jsonb_array_elements($1::jsonb) line returning 1
     ) select count(*)::int as count from added`,
  )
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
