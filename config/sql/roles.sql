-- Two roles for Postern's database: postern_owner owns the tables and runs `postern migrate`; postern runs the program
-- and can only read and add to the audit log. Run it as a superuser in the database of Postern, before the first
-- migration or on one that is in use; it can be repeated. Then give both roles a way to sign in, such as a password:
--   \password postern_owner
--   \password postern
do $$
begin
  if not exists (select from pg_roles where rolname = 'postern_owner') then
    create role postern_owner login;
  end if;
  if not exists (select from pg_roles where rolname = 'postern') then
    create role postern login;
  end if;
  execute format('grant connect, create, temporary on database %I to postern_owner', current_database());
  execute format('grant connect on database %I to postern', current_database());
  execute format('revoke all on database %I from public', current_database());
end $$;
revoke create on schema public from public;

-- What migrations make from now on.
alter default privileges for role postern_owner grant usage on schemas to postern;
alter default privileges for role postern_owner grant select, insert, update, delete on tables to postern;
alter default privileges for role postern_owner grant usage, select on sequences to postern;
alter default privileges for role postern_owner grant execute on functions to postern;

-- What is there already.
do $$
declare
  named record;
begin
  for named in select oid, nspname as name from pg_namespace where nspname in ('auth', 'postern') loop
    execute format('alter schema %I owner to postern_owner', named.name);
    execute format('grant usage on schema %I to postern', named.name);
  end loop;
  for named in
    select c.oid::regclass as name, c.relkind as kind from pg_class c
    where c.relnamespace in (select oid from pg_namespace where nspname in ('auth', 'postern'))
      and c.relkind in ('r', 'p', 'v', 'm')
  loop
    execute format('alter %s %s owner to postern_owner',
      case named.kind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end, named.name);
    execute format('grant select, insert, update, delete on %s to postern', named.name);
  end loop;
  for named in
    select p.oid::regprocedure as name from pg_proc p
    where p.pronamespace in (select oid from pg_namespace where nspname in ('auth', 'postern'))
  loop
    execute format('alter routine %s owner to postern_owner', named.name);
    execute format('grant execute on routine %s to postern', named.name);
  end loop;
  if to_regclass('postern.migrations') is not null then
    revoke insert, update, delete on postern.migrations from postern;
  end if;
  -- Takes back from the audit tables all but reading and adding.
  if to_regprocedure('auth.limit_audit_grants()') is not null then
    perform auth.limit_audit_grants();
  end if;
end $$;
