import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMigrations } from '../../src/store/migration-files.ts'
import type { MigrationFile } from '../../src/store/migration-files.ts'
import { MIGRATIONS } from '../support/postgres.ts'
import { findContracting } from './contracting.ts'
import { PREVIOUS, RELEASES } from './releases.ts'

const CONTRACT = /^-- contract: needs programs from (\d+\.\d+\.\d+)\s*$/m
const previousSchema = RELEASES.get(PREVIOUS) ?? 0
const FILES = await readMigrations(MIGRATIONS)
const SINCE = FILES.filter(({ id }) => id > previousSchema)

test('each migration since the previous release says from which schema on programs work with it', () => {
  for (const { id, name, worksFrom } of SINCE) {
    assert.ok(worksFrom !== null, `${name} lacks its line "-- works with programs from schema ${previousSchema}"`)
    assert.ok(worksFrom < id, `${name} must work with programs from before it`)
  }
})

test('what takes something away says from which release on nobody needs it; all else lets the previous release go on', () => {
  for (const file of SINCE) assert.equal(complaint(file), null)
})

function complaint({ name, text, worksFrom }: MigrationFile): string | null {
  const release = CONTRACT.exec(text)?.[1]
  const contracting = findContracting(text).map(({ line, statement, why }) => `${name}:${line} ${statement}: ${why}`)
  if (release === undefined) {
    if (contracting.length > 0) return contracting.join('\n')
    return worksFrom === previousSchema ? null : `${name} must work with ${PREVIOUS}, schema ${previousSchema}`
  }
  const schema = RELEASES.get(release)
  if (schema === undefined) return `${name}: there is no release ${release}`
  return worksFrom === schema ? null : `${name}: ${release} has schema ${schema}, not ${worksFrom}`
}

const OLD_PROGRAMS_BREAK: readonly string[] = [
  'drop table auth.users',
  'drop view auth.held_roles',
  'drop index auth.users_login_key',
  'alter table auth.users drop column email',
  'alter table auth.users add column a text, drop column email',
  'alter table auth.users rename column email to mail',
  'alter table auth.users rename to people',
  'alter table auth.users alter column email type varchar(10)',
  'alter table auth.users alter email set data type text',
  'alter table auth.users alter column email set not null',
  'alter table auth.users alter column created_at drop default',
  'alter table auth.users add column age integer not null',
  'alter table only auth.users add age integer not null',
  'alter table auth.users add column badge text unique',
  "alter table auth.users add constraint users_named check (name <> '')",
  'alter table auth.users add unique (name)',
  'create unique index on auth.users (name)',
  'create unique index users_name_idx on auth.users (lower(name)) where disabled_at is null',
  'create trigger t before insert on auth.users for each row execute function f()',
  'create or replace function auth.valid() returns boolean language sql as $$ select false $$',
  'create or replace view auth.held_roles as select 1',
  "alter type auth.kind rename value 'a' to 'b'",
  'truncate auth.changes',
  'delete from auth.changes',
  'revoke select on auth.users from postern',
  'do $$ begin drop table auth.users; end $$',
]

const OLD_PROGRAMS_GO_ON: readonly string[] = [
  'create table auth.new (id integer not null unique); alter table auth.new add constraint c check (id > 0)',
  'create table auth.new (id integer); create unique index on auth.new (id); create trigger t before insert on auth.new for each row execute function f()',
  'alter table auth.users add column age integer',
  'alter table auth.users add column age integer not null default 0',
  'alter table auth.users add column age integer not null default 0 check (age >= 0), add column b text',
  'alter table auth.users alter column email drop not null',
  "alter table auth.users alter column email set default ''",
  'create index on auth.users (name)',
  'create view auth.new_view as select 1',
  'create function auth.new_one() returns void language sql as $$ drop table auth.users; $$',
  "comment on table auth.users is 'drop table; rename'",
  '-- drop table auth.users;\nselect 1',
  "update auth.users set name = login where name = ''",
  '-- old programs: never look at this index, it only made a page quicker\ndrop index auth.users_disabled_idx',
]

test('what old programs could not live with is found', () => {
  for (const text of OLD_PROGRAMS_BREAK) assert.equal(findContracting(`select 1;\n${text};`)[0]?.line, 2, text)
})

test('what only adds is let pass', () => {
  for (const text of OLD_PROGRAMS_GO_ON) assert.deepEqual(findContracting(`${text};`), [], text)
})
