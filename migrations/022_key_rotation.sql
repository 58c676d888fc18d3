-- works with programs from schema 021

-- works with programs from schema 021
-- A key that is to take over is known everywhere before anything is made with it. Programs from before this migration
-- take every key with retired_at for one that only checks, so that is how one that is coming looks to them.
-- old programs: never write the new column, and without it the new constraint holds.
alter table auth.keys
  add column mints_after timestamptz,
  add constraint keys_coming_does_not_mint check (mints_after is null or retired_at is not null);
comment on column auth.keys.retired_at is 'null for the one that makes new things; all others only check';
comment on column auth.keys.mints_after is 'when one that is coming takes over; null for all others';
-- old programs: never write the column that this counts.
-- old programs: never write mints_after.
create unique index keys_one_coming_key on auth.keys (purpose) where mints_after is not null;

-- Keys that nothing needs any more: processes forget those that stand here, and none for any other reason.
create table auth.ended_keys (
  id integer primary key,
  purpose text not null,
  created_at timestamptz not null,
  ended_at timestamptz not null default now()
);

-- Which key the token of a device was made with, so that it gets one of the next key in time.
alter table auth.devices add column key_id integer;
comment on column auth.devices.key_id is 'null for a token from before this was noted';

-- old programs: the new constraint allows all that the old one did, and they pass over kinds that they don't know.
-- old programs: write the kinds that they know, and take another one for a change of the policy, which they read anew.
alter table auth.changes
  drop constraint changes_names_its_kind,
  add constraint changes_names_its_kind check (
    (kind = 'user' and user_id is not null and session_id is null)
    or (kind = 'session' and user_id is null and session_id is not null)
    or (kind in ('policy', 'keys') and user_id is null and session_id is null)
  );
