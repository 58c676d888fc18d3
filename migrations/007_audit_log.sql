-- Who did what. Each row is written in the transaction of what it tells of, and never changed.
create table auth.auth_audit_log (
  id uuid not null default gen_random_uuid(),
  occurred_at timestamptz not null default now(),
  event_type text not null,
  result text not null,
  actor_id uuid,
  actor_login text,
  session_id uuid,
  resource text,
  ip_address inet,
  user_agent text not null default '',
  risk_score smallint,
  details jsonb not null default '{}',
  constraint auth_audit_log_result_is_known check (result in ('success', 'failure')),
  constraint auth_audit_log_risk_is_percent check (risk_score between 0 and 100),
  primary key (id)
);
comment on column auth.auth_audit_log.actor_id is 'who did it; no reference, since the row outlives the user';
comment on column auth.auth_audit_log.resource is 'what it was done to, such as user:alice';
create index auth_audit_log_occurred_at_idx on auth.auth_audit_log (occurred_at);
create index auth_audit_log_actor_id_idx on auth.auth_audit_log (actor_id, occurred_at);
