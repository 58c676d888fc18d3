-- The language that somebody chose, and what people are told of an app for a while.
alter table auth.users add column language text;
alter table auth.users add constraint users_language_is_tag
  check (language ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$' and length(language) <= 35);
comment on column auth.users.language is 'BCP 47 tag of what pages and mails are written in; null where nothing was chosen';

create table auth.app_notices (
  app text primary key,
  text text not null,
  starts_at timestamptz not null default now(),
  ends_at timestamptz,
  set_by text not null,
  set_at timestamptz not null default now(),
  constraint app_notices_text_is_short check (length(text) between 1 and 500),
  constraint app_notices_end_is_later check (ends_at > starts_at)
);
comment on table auth.app_notices is 'what people read beside an app, such as that it is being mended; one at a time';
comment on column auth.app_notices.app is 'name in the policy; no reference, since it may come back under another version';
comment on column auth.app_notices.ends_at is 'null until somebody takes it away';
comment on column auth.app_notices.set_by is 'login, or the name of an operator at a shell';
