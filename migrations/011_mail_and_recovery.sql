-- Since when the stored address is known to be read by its owner; null again once it is another.
alter table auth.users add column email_verified_at timestamptz;

-- Mails that wait to be sent, and for a day those that were. None holds a secret: links get theirs when they are sent.
create table auth.mail_outbox (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references auth.users on delete cascade,
  recipient text,
  kind text not null,
  details jsonb not null default '{}',
  created_at timestamptz not null default now(),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  sent_at timestamptz,
  last_error text
);
comment on column auth.mail_outbox.recipient is 'null where nobody has what was asked for: such a row costs as much and is dropped';
create index mail_outbox_waiting_idx on auth.mail_outbox (next_attempt_at) where sent_at is null;
create index mail_outbox_created_at_idx on auth.mail_outbox (created_at);
create index mail_outbox_user_id_idx on auth.mail_outbox (user_id, kind, created_at);

-- What a person was sent links for, so that a new one takes the place of the one before.
create index one_time_tokens_of_user_idx on auth.one_time_tokens ((details ->> 'userId'), purpose)
where purpose in ('reset', 'email', 'email_stop');
create unique index one_time_tokens_invitation_idx on auth.one_time_tokens ((details ->> 'id'))
where purpose = 'invitation';
