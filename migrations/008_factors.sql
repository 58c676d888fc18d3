-- Factors beside the password. What is sealed opens only with the sealing key, and only in its own row of its own user.
create table auth.totp_devices (
  id uuid primary key,
  user_id uuid not null references auth.users on delete cascade,
  name text not null,
  sealed_secret bytea not null,
  last_step bigint not null default 0,
  created_at timestamptz not null default now(),
  confirmed_at timestamptz,
  last_used_at timestamptz
);
comment on column auth.totp_devices.last_step is 'the newest time step a code was taken of; none up to it is taken again';
comment on column auth.totp_devices.confirmed_at is 'null until a first right code: such a device proves nothing';
create index totp_devices_user_id_idx on auth.totp_devices (user_id);
create unique index totp_devices_one_unconfirmed on auth.totp_devices (user_id) where confirmed_at is null;

create table auth.webauthn_credentials (
  id uuid primary key,
  user_id uuid not null references auth.users on delete cascade,
  name text not null,
  credential_id bytea not null constraint webauthn_credentials_credential_id_key unique,
  sealed_public_key bytea not null,
  sign_count bigint not null,
  transports text[] not null default '{}',
  backup_eligible boolean not null,
  backed_up boolean not null,
  user_verified boolean not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  copy_suspected_at timestamptz
);
comment on column auth.webauthn_credentials.user_verified is 'whether the key made sure who holds it when it was added';
comment on column auth.webauthn_credentials.copy_suspected_at is 'when it last answered with a count that was not new';
create index webauthn_credentials_user_id_idx on auth.webauthn_credentials (user_id);

create table auth.recovery_codes (
  user_id uuid not null references auth.users on delete cascade,
  code_hash bytea not null,
  created_at timestamptz not null default now(),
  primary key (user_id, code_hash),
  constraint recovery_codes_hash_is_hmac_sha256 check (octet_length(code_hash) = 32)
);
