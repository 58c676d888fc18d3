-- How often what was tried from one side. A row is a counter; what nobody tried again for long enough is removed.
create table auth.attempts (
  key bytea primary key,
  side text not null,
  factor text not null,
  subject bytea,
  user_id uuid references auth.users on delete cascade,
  network cidr,
  failures integer not null,
  last_at timestamptz not null,
  stopped_until timestamptz,
  forget_at timestamptz,
  constraint attempts_key_is_sha256 check (octet_length(key) = 32),
  constraint attempts_side_is_known check (side in ('person_network', 'network', 'person', 'device'))
) with (fillfactor = 70);
comment on column auth.attempts.key is 'digest of side, factor, whose and from where';
comment on column auth.attempts.subject is 'HMAC of the name that was typed, known or not';
comment on column auth.attempts.stopped_until is 'infinity where only a reset or an operator lifts it';
comment on column auth.attempts.forget_at is 'null where only a success or an operator ends the count';
create index attempts_user_id_idx on auth.attempts (user_id);
create index attempts_subject_idx on auth.attempts (subject);
create index attempts_last_at_idx on auth.attempts (last_at);
create index attempts_forget_at_idx on auth.attempts (forget_at);

-- Browsers that people signed in from before. One cookie may be that of several people.
create table auth.devices (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users on delete cascade,
  token_hash bytea not null,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  ip_address inet,
  user_agent text not null default '',
  trusted_until timestamptz,
  trusted_epoch integer,
  constraint devices_token_hash_is_sha256 check (octet_length(token_hash) = 32),
  constraint devices_trust_has_epoch check ((trusted_until is null) = (trusted_epoch is null)),
  constraint devices_once_a_user unique (token_hash, user_id)
);
comment on column auth.devices.trusted_until is 'until when the second factor need not be given again here';
comment on column auth.devices.trusted_epoch is 'session_epoch of the user when trust began: a new password ends it';
create index devices_user_id_idx on auth.devices (user_id, last_seen_at);
create index devices_last_seen_at_idx on auth.devices (last_seen_at);

-- What happened to somebody or something lately.
create index auth_audit_log_resource_idx on auth.auth_audit_log (resource, occurred_at) where resource is not null;
