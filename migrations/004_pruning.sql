-- When a row has had its day: what is removed a while later is found by this.
drop index auth.sessions_expires_at_idx;
create index sessions_over_at_idx on auth.sessions (coalesce(ended_at, expires_at));
create index one_time_tokens_over_at_idx on auth.one_time_tokens (coalesce(used_at, expires_at));
