create schema auth;

create table auth.users (
  id uuid primary key default gen_random_uuid(),
  login text not null constraint users_login_key unique,
  email text not null constraint users_email_key unique,
  name text not null,
  password_hash text,
  pepper_key_id integer,
  session_epoch integer not null default 0,
  authz_epoch integer not null default 0,
  disabled_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint users_login_is_lower check (login = lower(login)),
  constraint users_email_is_lower check (email = lower(email)),
  constraint users_hash_has_pepper check ((password_hash is null) = (pepper_key_id is null))
);

create table auth.roles (
  name text primary key,
  in_policy boolean not null default true,
  created_at timestamptz not null default now()
);
comment on column auth.roles.in_policy is 'false once no policy defines the role any more but users still hold it';
insert into auth.roles (name) values ('postern-admin');

create table auth.permissions (
  name text primary key,
  resource text not null,
  action text not null
);

create table auth.role_permissions (
  role_name text not null references auth.roles on delete cascade,
  permission_name text not null references auth.permissions on delete cascade,
  primary key (role_name, permission_name)
);

create table auth.user_roles (
  user_id uuid not null references auth.users on delete cascade,
  role_name text not null references auth.roles,
  granted_at timestamptz not null default now(),
  primary key (user_id, role_name)
);
create index user_roles_role_name_idx on auth.user_roles (role_name);

-- One row is one sign-in: one person on one browser. Tokens only refer to it.
create table auth.sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users on delete cascade,
  session_epoch integer not null,
  factors jsonb not null,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  idle_timeout interval not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  end_reason text,
  ip_address inet,
  user_agent text not null default '',
  constraint sessions_end_has_reason check ((ended_at is null) = (end_reason is null))
);
comment on column auth.sessions.factors is 'factor name to the time it was last proven, ms since 1970';
create index sessions_user_id_idx on auth.sessions (user_id);
create index sessions_expires_at_idx on auth.sessions (expires_at);

-- What a cookie carries: the portal''s token (host null), and one for each app host.
create table auth.session_tokens (
  token_hash bytea primary key,
  session_id uuid not null references auth.sessions on delete cascade,
  host text,
  factors jsonb not null,
  created_at timestamptz not null default now(),
  constraint session_tokens_hash_is_sha256 check (octet_length(token_hash) = 32)
);
create index session_tokens_session_id_idx on auth.session_tokens (session_id);

create table auth.one_time_tokens (
  token_hash bytea primary key,
  purpose text not null,
  details jsonb not null default '{}',
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint one_time_tokens_hash_is_sha256 check (octet_length(token_hash) = 32)
);

create table auth.keys (
  id integer generated always as identity primary key,
  purpose text not null,
  wrapped_key bytea not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz
);
-- One key a purpose mints; a rotation retires it in the transaction that adds the next.
create unique index keys_one_minting_key on auth.keys (purpose) where retired_at is null;

create table auth.policies (
  version integer generated always as identity primary key,
  source text not null,
  digest bytea not null,
  applied_by text not null,
  reason text not null,
  applied_at timestamptz not null default now(),
  constraint policies_digest_is_sha256 check (octet_length(digest) = 32)
);
create index policies_digest_idx on auth.policies (digest);

-- The one predicate that says which sign-ins count. The 60 seconds cover what the program remembers of last use and
-- has not written yet: it writes every 30 seconds and may be late by as much again.
create view auth.valid_sessions as
select s.id, s.user_id, s.created_at, s.last_seen_at, s.expires_at, s.ip_address, s.user_agent, u.login, u.email, u.name
from auth.sessions s
join auth.users u on u.id = s.user_id
where s.ended_at is null
  and now() < s.expires_at
  and now() < s.last_seen_at + s.idle_timeout + interval '60 seconds'
  and s.session_epoch = u.session_epoch
  and u.disabled_at is null;
