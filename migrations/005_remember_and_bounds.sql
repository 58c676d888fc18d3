-- Whether the person chose to stay signed in on the device: its cookies then outlive the browser's window.
alter table auth.sessions add column remembered boolean not null default false;

create or replace view auth.valid_sessions as
select s.id, s.user_id, s.created_at, s.last_seen_at, s.expires_at, s.ip_address, s.user_agent, u.login, u.email, u.name,
  s.remembered
from auth.sessions s
join auth.users u on u.id = s.user_id
where s.ended_at is null
  and now() < s.expires_at
  and now() < s.last_seen_at + s.idle_timeout + interval '60 seconds'
  and s.session_epoch = u.session_epoch
  and u.disabled_at is null;

-- The codes of one sign-in, the newest first, so that there are never many of them.
create index one_time_tokens_hand_over_idx on auth.one_time_tokens ((details ->> 'signInId'), created_at desc)
where purpose = 'hand_over';

-- Half of each page is left for rows as they become when last use is written: 425 ms instead of 580 for 50,000.
alter table auth.sessions set (fillfactor = 50);
