-- What a sign-in has shown besides where it began, and where it went on at once from another network and device.
alter table auth.sessions add column shown_networks text[] not null default '{}';
alter table auth.sessions add column shown_devices text[] not null default '{}';
alter table auth.sessions add column shown_moves text[] not null default '{}';
alter table auth.sessions add column moved_at timestamptz;
comment on column auth.sessions.shown_networks is 'the latest, besides that of ip_address';
comment on column auth.sessions.shown_devices is 'digests of the latest, besides that of user_agent';
comment on column auth.sessions.shown_moves is 'network and device that both were new at once, each told of once';
comment on column auth.sessions.moved_at is 'of the latest of these, by the clock that factors are proven by';
create index sessions_created_at_idx on auth.sessions (created_at);

create or replace view auth.valid_sessions as
select s.id, s.user_id, s.created_at, s.last_seen_at, s.expires_at, s.ip_address, s.user_agent, u.login, u.email, u.name,
  s.remembered, s.shown_networks, s.shown_devices, s.shown_moves, s.moved_at
from auth.sessions s
join auth.users u on u.id = s.user_id
where s.ended_at is null
  and now() < s.expires_at
  and now() < s.last_seen_at + s.idle_timeout + interval '60 seconds'
  and s.session_epoch = u.session_epoch
  and u.disabled_at is null;

-- Networks that somebody who was signed in came to, for a day.
create table auth.network_sightings (
  user_id uuid not null references auth.users on delete cascade,
  network text not null,
  seen_at timestamptz not null default now(),
  primary key (user_id, network)
);
create index network_sightings_seen_at_idx on auth.network_sightings (seen_at);

-- Names that failed to sign in, by ten minutes and network; a slot that is over becomes one row of numbers a network.
create table auth.failed_names (
  slot timestamptz not null,
  network text not null,
  subject bytea not null,
  primary key (slot, network, subject)
);
create table auth.failed_name_counts (
  slot timestamptz not null,
  network text not null,
  names integer not null,
  primary key (slot, network)
);
comment on column auth.failed_name_counts.network is 'a star for all of them together';

-- What was noticed of whom, so that it is told once an hour.
create table auth.anomalies (
  kind text not null,
  subject text not null,
  told_at timestamptz not null default now(),
  primary key (kind, subject)
);
create index anomalies_told_at_idx on auth.anomalies (told_at);
