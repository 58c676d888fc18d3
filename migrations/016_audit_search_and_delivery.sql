-- What the log is searched by, each in the order of time, and how far it has been sent on.
create index auth_audit_log_actor_login_idx on auth.auth_audit_log (actor_login, occurred_at, seq)
  where actor_login is not null;
create index auth_audit_log_event_type_idx on auth.auth_audit_log (event_type, occurred_at, seq);
create index auth_audit_log_ip_address_idx on auth.auth_audit_log (ip_address, occurred_at, seq)
  where ip_address is not null;
create index auth_audit_log_request_id_idx on auth.auth_audit_log (request_id, occurred_at, seq)
  where request_id is not null;
-- The few rows that tell of some app.
create index auth_audit_log_app_idx on auth.auth_audit_log (occurred_at, seq)
  where resource like 'app:%' or details ? 'app' or details #> '{scope,apps}' is not null;

create table auth.audit_deliveries (
  sink text primary key,
  next_batch bigint not null,
  after_seq bigint not null default 0,
  holder uuid,
  held_until timestamptz not null default '-infinity',
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  last_error text,
  delivered_at timestamptz,
  constraint audit_deliveries_sink_is_known check (sink in ('webhook', 'syslog'))
);
comment on table auth.audit_deliveries is 'one row for each receiver of the audit log, made when it is first set';
comment on column auth.audit_deliveries.next_batch is 'the batch of auth.audit_batches that is sent next';
comment on column auth.audit_deliveries.after_seq is 'the last row of that batch which the receiver has';
comment on column auth.audit_deliveries.holder is 'the process that sends, until held_until';
