-- Tokens of machine clients. Each acts for its owner, within its scope; of each list of the scope null is everything.
create table auth.api_tokens (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users on delete cascade,
  name text not null,
  token_hash bytea not null constraint api_tokens_token_hash_key unique,
  prefix text not null,
  apps text[],
  hosts text[],
  paths text[],
  methods text[],
  networks text[],
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at timestamptz,
  constraint api_tokens_hash_is_sha256 check (octet_length(token_hash) = 32)
);
comment on column auth.api_tokens.prefix is 'how the token begins, for its owner to tell it from others';
create index api_tokens_user_id_idx on auth.api_tokens (user_id);
create index api_tokens_over_at_idx on auth.api_tokens (least(expires_at, revoked_at));

-- The one predicate that says which of them count. A password that changes ends sign-ins, not these.
create view auth.valid_api_tokens as
select t.id, t.user_id, t.name, t.token_hash, t.prefix, t.apps, t.hosts, t.paths, t.methods, t.networks, t.expires_at,
  t.created_at, t.last_used_at, u.login, u.email, u.name as user_name
from auth.api_tokens t
join auth.users u on u.id = t.user_id
where t.revoked_at is null
  and now() < t.expires_at
  and u.disabled_at is null;
