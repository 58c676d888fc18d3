-- The same refusal within a minute is one row, which counts. What else passes or must sign in is summed by the hour.
alter table auth.decisions
  add column reading text,
  add column times bigint not null default 1,
  add column last_at timestamptz,
  add constraint decisions_reading_is_short check (char_length(reading) <= 512),
  add constraint decisions_times_is_positive check (times > 0);
update auth.decisions set last_at = decided_at;
alter table auth.decisions alter column last_at set not null, alter column last_at set default now();
comment on column auth.decisions.reading is 'the path as the rule that decided read it, null where that is the path as it was sent';
comment on column auth.decisions.times is 'how often the same was decided within the minute';
comment on column auth.decisions.last_at is 'when it was decided the last of these times';

-- Users may be gone since: what they did stays until it is pruned.
create table auth.decision_sums (
  hour timestamptz not null,
  user_id uuid,
  app text not null,
  kind text not null,
  count bigint not null,
  constraint decision_sums_count_is_positive check (count > 0)
);
comment on column auth.decision_sums.user_id is 'null where nobody was signed in, or nobody was asked for';
create unique index decision_sums_key on auth.decision_sums
  (hour, app, kind, coalesce(user_id, '00000000-0000-0000-0000-000000000000'::uuid));
create index decision_sums_user_id_idx on auth.decision_sums (user_id, hour);
