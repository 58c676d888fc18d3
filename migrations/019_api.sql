-- What of Postern itself a token may ask for, by its permissions; unlike in the other lists null is nothing.
alter table auth.api_tokens add column api text[];

create or replace view auth.valid_api_tokens as
select t.id, t.user_id, t.name, t.token_hash, t.prefix, t.apps, t.hosts, t.paths, t.methods, t.networks, t.expires_at,
  t.created_at, t.last_used_at, u.login, u.email, u.name as user_name, t.api
from auth.api_tokens t
join auth.users u on u.id = t.user_id
where t.revoked_at is null
  and now() < t.expires_at
  and u.disabled_at is null;

-- What a caller of the API asked to be made once, and what it was answered.
create table auth.idempotency_keys (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references auth.users on delete cascade,
  key_hash bytea not null,
  fingerprint bytea not null,
  sealed_reply bytea,
  created_at timestamptz not null default now(),
  constraint idempotency_keys_owner_key unique (owner_id, key_hash),
  constraint idempotency_keys_hashes_are_sha256 check (octet_length(key_hash) = 32 and octet_length(fingerprint) = 32)
);
comment on column auth.idempotency_keys.fingerprint is 'of the request: the same key for another one is refused';
comment on column auth.idempotency_keys.sealed_reply is 'null while it runs, and for good where nobody knows what came of it';
create index idempotency_keys_created_at_idx on auth.idempotency_keys (created_at);
