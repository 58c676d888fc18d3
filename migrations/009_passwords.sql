-- Passwords that were imported keep their own scheme, without a pepper of ours, until their owner signs in.
alter table auth.users
  add column password_changed_at timestamptz,
  add column must_change_password boolean not null default false,
  drop constraint users_hash_has_pepper,
  add constraint users_pepper_has_hash check (password_hash is not null or pepper_key_id is null);
comment on column auth.users.pepper_key_id is 'null with a hash: imported, and hashed anew at the next sign-in';
comment on column auth.users.password_changed_at is 'when its owner or an administrator last set it; null for one that was imported';

-- What somebody used before, so that it is not used again. The current one stands in auth.users.
create table auth.password_history (
  id bigint generated always as identity primary key,
  user_id uuid not null references auth.users on delete cascade,
  password_hash text not null,
  pepper_key_id integer,
  replaced_at timestamptz not null default now()
);
create index password_history_user_id_idx on auth.password_history (user_id, id desc);
