-- Tells this database from others for caches outside it. One row; whatever turns back time replaces its value.
create table auth.database_identity (
  only_row boolean primary key default true constraint database_identity_has_one_row check (only_row),
  value uuid not null default gen_random_uuid()
);
insert into auth.database_identity default values;
