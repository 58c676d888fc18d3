-- The audit log becomes partitioned by month and is only ever added to. Batches of its rows are chained and signed.
alter table auth.auth_audit_log rename to auth_audit_log_plain;

create table auth.auth_audit_log (
  seq bigint generated always as identity,
  id uuid not null default gen_random_uuid(),
  occurred_at timestamptz not null default now(),
  event_type text not null,
  action text,
  resource text,
  result text not null,
  actor_id uuid,
  actor_login text,
  session_id uuid,
  ip_address inet,
  user_agent text not null default '',
  request_id text,
  risk_score smallint,
  details jsonb not null default '{}',
  constraint auth_audit_log_result_is_known check (result in ('success', 'failure')),
  constraint auth_audit_log_risk_is_percent check (risk_score between 0 and 100)
) partition by range (occurred_at);
comment on column auth.auth_audit_log.seq is 'in the order of writing; numbers of transactions that were rolled back are missing';
comment on column auth.auth_audit_log.actor_id is 'who did it; no reference, since the row outlives the user';
comment on column auth.auth_audit_log.resource is 'what it was done to, such as user:alice';

create table auth.audit_batches (
  number bigint primary key,
  form smallint not null,
  previous_hash bytea not null,
  hash bytea not null,
  rows int8multirange not null,
  count integer not null,
  low bigint not null,
  seen_to bigint not null,
  writers text[] not null,
  rows_hash bytea not null,
  sealed_at timestamptz not null,
  key_id integer not null,
  signature bytea not null
);
comment on column auth.audit_batches.rows is 'the seq of every row in it; rows that are committed late come in a later batch';
comment on column auth.audit_batches.low is 'every row with a smaller seq is in this batch or an earlier one, and no further one can come';
comment on column auth.audit_batches.seen_to is 'the highest seq that was there when this batch was sealed';
comment on column auth.audit_batches.writers is 'transactions that might still commit rows up to seen_to';
comment on column auth.audit_batches.rows_hash is 'SHA-256 of the hashes of its rows, which stand in audit_row_hashes';
create index audit_batches_rows_idx on auth.audit_batches using gist (rows);

-- 32 bytes for each row of a batch, by seq: tells which row was changed. Goes with the last row of its batch.
create table auth.audit_row_hashes (
  number bigint primary key references auth.audit_batches,
  hashes bytea not null
);

-- The last batch of each day on which anything was sealed.
create table auth.audit_heads (
  day date primary key,
  number bigint not null,
  hash bytea not null,
  key_id integer not null,
  signature bytea not null
);

-- What retention removed, signed: rows up to removed_to are gone, but for those in kept.
create table auth.audit_removals (
  removed_at timestamptz primary key,
  before timestamptz not null,
  removed_to bigint not null,
  kept int8multirange not null,
  row_count bigint not null,
  partitions text[] not null,
  key_id integer not null,
  signature bytea not null
);

create function auth.refuse_audit_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception '% of %.% is refused: it is only ever added to', lower(tg_op), tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;

create function auth.refuse_hashes_of_rows() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if exists (
    select from auth.audit_batches b join auth.auth_audit_log l
      on l.seq >= lower(b.rows) and l.seq < upper(b.rows) and l.seq <@ b.rows
    where b.number = old.number
  ) then
    raise exception 'the rows of batch % are still there', old.number using errcode = 'insufficient_privilege';
  end if;
  return old;
end $$;

create trigger audit_log_is_final before update or delete on auth.auth_audit_log
for each row execute function auth.refuse_audit_change();
create trigger audit_log_is_kept before truncate on auth.auth_audit_log
for each statement execute function auth.refuse_audit_change();
create trigger audit_batches_are_final before update or delete or truncate on auth.audit_batches
for each statement execute function auth.refuse_audit_change();
create trigger audit_heads_are_final before update or delete or truncate on auth.audit_heads
for each statement execute function auth.refuse_audit_change();
create trigger audit_removals_are_final before update or delete or truncate on auth.audit_removals
for each statement execute function auth.refuse_audit_change();
create trigger audit_row_hashes_are_final before update or truncate on auth.audit_row_hashes
for each statement execute function auth.refuse_audit_change();
create trigger audit_row_hashes_are_kept before delete on auth.audit_row_hashes
for each row execute function auth.refuse_hashes_of_rows();

-- Whoever was granted more than reading and adding keeps these two, and on single partitions nothing: default
-- privileges give an application's role all rights on every new table.
create function auth.limit_audit_grants() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  given record;
begin
  for given in
    select c.oid::regclass as relation, c.relispartition as is_partition, c.relname = 'auth_audit_log' as is_log,
      case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as grantee,
      bool_or(a.privilege_type = 'SELECT') as may_read,
      a.grantee <> 0 and has_any_column_privilege(nullif(a.grantee, 0), c.oid, 'insert') as may_add
    from pg_class c, lateral aclexplode(c.relacl) a
    where c.relnamespace = 'auth'::regnamespace and a.grantee <> c.relowner and (
      c.relname in ('auth_audit_log', 'audit_batches', 'audit_row_hashes', 'audit_heads', 'audit_removals')
      or exists (select from pg_inherits i where i.inhrelid = c.oid and i.inhparent = 'auth.auth_audit_log'::regclass))
    group by c.oid, a.grantee
  loop
    execute format('revoke all on %s from %s', given.relation, given.grantee);
    continue when given.is_partition;
    if given.may_read then
      execute format('grant select on %s to %s', given.relation, given.grantee);
    end if;
    if given.may_add then
      execute format('grant insert %s on %s to %s', case when given.is_log then
        '(id, event_type, action, resource, result, actor_id, actor_login, session_id, ip_address, user_agent,'
        ' request_id, risk_score, details)' else '' end, given.relation, given.grantee);
    end if;
  end loop;
end $$;

create function auth.add_audit_partition(name text, bounds text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create table auth.%I partition of auth.auth_audit_log %s', name, bounds);
  execute format('create trigger audit_log_is_kept before truncate on auth.%I
    for each statement execute function auth.refuse_audit_change()', name);
end $$;

-- Makes the partitions of this month, the next three and those that rows of the default partition belong to, and moves
-- these rows. Tells how many it made. Gives up rather than to have writers wait for long.
create function auth.make_audit_partitions() returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '1s' as $$
declare
  this_month timestamp := date_trunc('month', now() at time zone 'UTC');
  months timestamp[];
  starts_at timestamp;
  is_moving boolean;
begin
  if not pg_try_advisory_xact_lock(7461015) then
    return 0;
  end if;
  select array_agg(wanted.month) into months from (
    select this_month + n * interval '1 month' as month from generate_series(0, 3) n
    union
    (select distinct date_trunc('month', occurred_at at time zone 'UTC') as month from auth.auth_audit_log_default
     where occurred_at >= '2000-01-01' and occurred_at < (this_month + interval '4 months') at time zone 'UTC'
     order by month desc limit 60)
  ) wanted
  where to_regclass('auth.auth_audit_log_' || to_char(wanted.month, 'YYYY_MM')) is null;
  if months is null then
    return 0;
  end if;
  lock table auth.auth_audit_log in access exclusive mode;
  is_moving := exists (select from auth.auth_audit_log_default);
  if is_moving then
    alter table auth.auth_audit_log detach partition auth.auth_audit_log_default;
    alter table auth.auth_audit_log_default rename to auth_audit_log_moving;
    perform auth.add_audit_partition('auth_audit_log_default', 'default');
  end if;
  foreach starts_at in array months loop
    perform auth.add_audit_partition('auth_audit_log_' || to_char(starts_at, 'YYYY_MM'), format(
      'for values from (%L) to (%L)',
      starts_at at time zone 'UTC', (starts_at + interval '1 month') at time zone 'UTC'));
  end loop;
  if is_moving then
    insert into auth.auth_audit_log (seq, id, occurred_at, event_type, action, resource, result, actor_id, actor_login,
      session_id, ip_address, user_agent, request_id, risk_score, details) overriding system value
    select seq, id, occurred_at, event_type, action, resource, result, actor_id, actor_login,
      session_id, ip_address, user_agent, request_id, risk_score, details from auth.auth_audit_log_moving;
    drop table auth.auth_audit_log_moving;
  end if;
  perform auth.limit_audit_grants();
  return cardinality(months);
end $$;

-- Removes months that ended this many days ago, if all their rows are sealed, and tells what was removed.
create function auth.drop_audit_partitions(
  keep_days integer,
  out before timestamptz, out removed_to bigint, out kept int8multirange, out row_count bigint, out partitions text[]
)
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '1s' as $$
declare
  old record;
  counted bigint;
  highest bigint;
  lowest bigint;
  unsealed bigint;
begin
  if keep_days is null or keep_days < 30 then
    raise exception 'audit rows are kept for 30 days at least' using errcode = 'invalid_parameter_value';
  end if;
  row_count := 0;
  partitions := '{}';
  removed_to := 0;
  if not pg_try_advisory_xact_lock(7461015) then
    return;
  end if;
  for old in
    select c.relname as name, ends_at from pg_inherits i join pg_class c on c.oid = i.inhrelid, lateral (
      select substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([^'']+)''\)')::timestamptz as ends_at) bound
    where i.inhparent = 'auth.auth_audit_log'::regclass and ends_at <= now() - make_interval(days => keep_days)
    order by ends_at
  loop
    -- Nobody writes into a month that is over; whoever does waits, and comes to the default partition.
    execute format('lock table auth.%I in share row exclusive mode', old.name);
    execute format('select count(*), min(seq), max(seq) from auth.%I', old.name) into counted, lowest, highest;
    if counted > 0 then
      execute format('select count(*) from auth.%I where not seq <@ coalesce((
          select range_agg(part) from (
            select unnest(b.rows) as part from auth.audit_batches b where b.rows && int8range($1, $2, ''[]'')) sealed
        ), ''{}''::int8multirange)', old.name) into unsealed using lowest, highest;
      continue when unsealed > 0;
    end if;
    execute format('drop table auth.%I', old.name);
    before := old.ends_at;
    row_count := row_count + counted;
    removed_to := greatest(removed_to, highest);
    partitions := partitions || old.name::text;
  end loop;
  select coalesce(range_agg(int8range(l.seq, l.seq, '[]')), '{}') into kept
    from auth.auth_audit_log l where l.seq <= drop_audit_partitions.removed_to;
  delete from auth.audit_row_hashes h using auth.audit_batches b
    where cardinality(drop_audit_partitions.partitions) > 0 and b.number = h.number
      and upper(b.rows) <= drop_audit_partitions.removed_to + 1 and not b.rows && drop_audit_partitions.kept;
end $$;

select auth.add_audit_partition('auth_audit_log_default', 'default');
select auth.add_audit_partition('auth_audit_log_' || to_char(month, 'YYYY_MM'), format(
  'for values from (%L) to (%L)', month at time zone 'UTC', (month + interval '1 month') at time zone 'UTC'))
from (
  select distinct date_trunc('month', occurred_at at time zone 'UTC') as month from auth.auth_audit_log_plain
  where occurred_at between '2000-01-01' and now()
) old;
insert into auth.auth_audit_log (id, occurred_at, event_type, resource, result, actor_id, actor_login, session_id,
  ip_address, user_agent, risk_score, details)
select id, occurred_at, event_type, resource, result, actor_id, actor_login, session_id,
  ip_address, user_agent, risk_score, details
from auth.auth_audit_log_plain order by occurred_at, id;
drop table auth.auth_audit_log_plain;

alter table auth.auth_audit_log add primary key (seq, occurred_at);
create index auth_audit_log_id_idx on auth.auth_audit_log (id);
create index auth_audit_log_occurred_at_idx on auth.auth_audit_log (occurred_at, seq);
create index auth_audit_log_actor_id_idx on auth.auth_audit_log (actor_id, occurred_at);
create index auth_audit_log_resource_idx on auth.auth_audit_log (resource, occurred_at) where resource is not null;

revoke all on function auth.make_audit_partitions(), auth.drop_audit_partitions(integer),
  auth.add_audit_partition(text, text), auth.limit_audit_grants() from public;
select auth.limit_audit_grants();
