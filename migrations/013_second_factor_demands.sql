-- Since when a second factor is demanded of somebody, and accounts for the day when nobody else can get in.
alter table auth.users add column second_factor_asked_at timestamptz;
alter table auth.users add column break_glass boolean not null default false;
comment on column auth.users.second_factor_asked_at is 'first sign-in at which the policy demanded one; the days of grace begin here';
comment on column auth.users.break_glass is 'signs in by password alone whatever is demanded; each use alarms';
create index one_time_tokens_pending_user_idx on auth.one_time_tokens ((details ->> 'userId')) where purpose = 'pending';
