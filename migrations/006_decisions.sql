-- What was decided, for people who ask why and to judge a new policy by what is really asked for. No queries, no cookies.
create table auth.decisions (
  id text primary key,
  decided_at timestamptz not null default now(),
  kind text not null,
  reason text,
  sampled boolean not null,
  policy_version integer not null,
  app text,
  named_app text,
  rule integer,
  method text,
  scheme text,
  host text,
  path text,
  path_is_cut boolean not null default false,
  client_address inet,
  user_id uuid,
  login text,
  roles text[] not null default '{}',
  factor_ages integer[] not null default '{}',
  constraint decisions_id_is_hexadecimal check (id ~ '^[0-9a-f]{12}$'),
  constraint decisions_path_is_short check (char_length(path) <= 512)
);
comment on column auth.decisions.sampled is 'true for one that stands for others like it';
comment on column auth.decisions.named_app is 'the app that the proxy named, which decides instead of the host';
comment on column auth.decisions.factor_ages is 'seconds since each factor was proven';
create index decisions_decided_at_idx on auth.decisions (decided_at, id);
