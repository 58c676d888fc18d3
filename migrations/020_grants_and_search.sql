-- Roles for a while, each for a reason. One is over by itself; what follows only writes down that it is.
create table auth.grants (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users on delete cascade,
  role_name text not null references auth.roles,
  reason text not null,
  granted_by text not null,
  created_at timestamptz not null default now(),
  ends_at timestamptz not null,
  revoked_at timestamptz,
  revoked_by text,
  closed_at timestamptz,
  constraint grants_end_is_later check (ends_at > created_at),
  constraint grants_reason_is_short check (length(reason) between 1 and 500),
  constraint grants_revocation_has_author check ((revoked_at is null) = (revoked_by is null)),
  constraint grants_revoked_are_closed check (revoked_at is null or closed_at is not null)
);
comment on column auth.grants.granted_by is 'login, or the name of an operator at a shell';
comment on column auth.grants.closed_at is 'when its end was written down; null while it runs, and a moment longer';
create index grants_user_id_idx on auth.grants (user_id);
create index grants_role_name_idx on auth.grants (role_name);
create index grants_created_at_idx on auth.grants (created_at, id);
create index grants_open_idx on auth.grants (ends_at) where closed_at is null;
create index grants_over_at_idx on auth.grants (least(ends_at, revoked_at));

-- The one predicate that says which roles somebody has, and until when where that is known.
create view auth.held_roles as
select user_id, role_name, null::timestamptz as ends_at from auth.user_roles
union all
select user_id, role_name, ends_at from auth.grants where revoked_at is null and now() < ends_at;

-- Logins and addresses are small letters already. These compare bytes, whatever the collation of the database.
create index users_login_prefix_idx on auth.users (login text_pattern_ops);
create index users_email_prefix_idx on auth.users (email text_pattern_ops);
create index users_name_prefix_idx on auth.users (lower(name) text_pattern_ops);
create index users_disabled_idx on auth.users (login) where disabled_at is not null;
