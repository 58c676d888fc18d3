-- What is no longer what it was: whose principal, which sign-in, or the policy. Written in the transaction of its cause
-- and read in order by every process.
create table auth.changes (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  kind text not null,
  user_id uuid,
  session_id uuid,
  created_at timestamptz not null default now(),
  constraint changes_names_its_kind check (
    (kind = 'user' and user_id is not null and session_id is null)
    or (kind = 'session' and user_id is null and session_id is not null)
    or (kind = 'policy' and user_id is null and session_id is null)
  )
);
comment on column auth.changes.xid is 'the transaction that made the change: what was read by a snapshot that does not see it is void';
create index changes_xid_idx on auth.changes (xid);
create index changes_created_at_idx on auth.changes (created_at);
