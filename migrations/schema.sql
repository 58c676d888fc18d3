-- What all migrations make, in the words of pg_dump. Written by `node scripts/dump-schema.ts`.

CREATE SCHEMA auth;

CREATE FUNCTION auth.add_audit_partition(name text, bounds text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  execute format('create table auth.%I partition of auth.auth_audit_log %s', name, bounds);
  execute format('create trigger audit_log_is_kept before truncate on auth.%I
    for each statement execute function auth.refuse_audit_change()', name);
end $$;

CREATE FUNCTION auth.drop_audit_partitions(keep_days integer, OUT before timestamp with time zone, OUT removed_to bigint, OUT kept int8multirange, OUT row_count bigint, OUT partitions text[]) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '1s'
    AS $_$
declare
  old record;
  counted bigint;
  highest bigint;
  lowest bigint;
  unsealed bigint;
begin
  if keep_days is null or keep_days < 30 then
    raise exception 'audit rows are kept for 30 days at least' using errcode = 'invalid_parameter_value';
  end if;
  row_count := 0;
  partitions := '{}';
  removed_to := 0;
  if not pg_try_advisory_xact_lock(7461015) then
    return;
  end if;
  for old in
    select c.relname as name, ends_at from pg_inherits i join pg_class c on c.oid = i.inhrelid, lateral (
      select substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([^'']+)''\)')::timestamptz as ends_at) bound
    where i.inhparent = 'auth.auth_audit_log'::regclass and ends_at <= now() - make_interval(days => keep_days)
    order by ends_at
  loop
    -- Nobody writes into a month that is over; whoever does waits, and comes to the default partition.
    execute format('lock table auth.%I in share row exclusive mode', old.name);
    execute format('select count(*), min(seq), max(seq) from auth.%I', old.name) into counted, lowest, highest;
    if counted > 0 then
      execute format('select count(*) from auth.%I where not seq <@ coalesce((
          select range_agg(part) from (
            select unnest(b.rows) as part from auth.audit_batches b where b.rows && int8range($1, $2, ''[]'')) sealed
        ), ''{}''::int8multirange)', old.name) into unsealed using lowest, highest;
      continue when unsealed > 0;
    end if;
    execute format('drop table auth.%I', old.name);
    before := old.ends_at;
    row_count := row_count + counted;
    removed_to := greatest(removed_to, highest);
    partitions := partitions || old.name::text;
  end loop;
  select coalesce(range_agg(int8range(l.seq, l.seq, '[]')), '{}') into kept
    from auth.auth_audit_log l where l.seq <= drop_audit_partitions.removed_to;
  delete from auth.audit_row_hashes h using auth.audit_batches b
    where cardinality(drop_audit_partitions.partitions) > 0 and b.number = h.number
      and upper(b.rows) <= drop_audit_partitions.removed_to + 1 and not b.rows && drop_audit_partitions.kept;
end $_$;

CREATE FUNCTION auth.limit_audit_grants() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  given record;
begin
  for given in
    select c.oid::regclass as relation, c.relispartition as is_partition, c.relname = 'auth_audit_log' as is_log,
      case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as grantee,
      bool_or(a.privilege_type = 'SELECT') as may_read,
      a.grantee <> 0 and has_any_column_privilege(nullif(a.grantee, 0), c.oid, 'insert') as may_add
    from pg_class c, lateral aclexplode(c.relacl) a
    where c.relnamespace = 'auth'::regnamespace and a.grantee <> c.relowner and (
      c.relname in ('auth_audit_log', 'audit_batches', 'audit_row_hashes', 'audit_heads', 'audit_removals')
      or exists (select from pg_inherits i where i.inhrelid = c.oid and i.inhparent = 'auth.auth_audit_log'::regclass))
    group by c.oid, a.grantee
  loop
    execute format('revoke all on %s from %s', given.relation, given.grantee);
    continue when given.is_partition;
    if given.may_read then
      execute format('grant select on %s to %s', given.relation, given.grantee);
    end if;
    if given.may_add then
      execute format('grant insert %s on %s to %s', case when given.is_log then
        '(id, event_type, action, resource, result, actor_id, actor_login, session_id, ip_address, user_agent,'
        ' request_id, risk_score, details)' else '' end, given.relation, given.grantee);
    end if;
  end loop;
end $$;

CREATE FUNCTION auth.make_audit_partitions() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '1s'
    AS $$
declare
  this_month timestamp := date_trunc('month', now() at time zone 'UTC');
  months timestamp[];
  starts_at timestamp;
  is_moving boolean;
begin
  if not pg_try_advisory_xact_lock(7461015) then
    return 0;
  end if;
  select array_agg(wanted.month) into months from (
    select this_month + n * interval '1 month' as month from generate_series(0, 3) n
    union
    (select distinct date_trunc('month', occurred_at at time zone 'UTC') as month from auth.auth_audit_log_default
     where occurred_at >= '2000-01-01' and occurred_at < (this_month + interval '4 months') at time zone 'UTC'
     order by month desc limit 60)
  ) wanted
  where to_regclass('auth.auth_audit_log_' || to_char(wanted.month, 'YYYY_MM')) is null;
  if months is null then
    return 0;
  end if;
  lock table auth.auth_audit_log in access exclusive mode;
  is_moving := exists (select from auth.auth_audit_log_default);
  if is_moving then
    alter table auth.auth_audit_log detach partition auth.auth_audit_log_default;
    alter table auth.auth_audit_log_default rename to auth_audit_log_moving;
    perform auth.add_audit_partition('auth_audit_log_default', 'default');
  end if;
  foreach starts_at in array months loop
    perform auth.add_audit_partition('auth_audit_log_' || to_char(starts_at, 'YYYY_MM'), format(
      'for values from (%L) to (%L)',
      starts_at at time zone 'UTC', (starts_at + interval '1 month') at time zone 'UTC'));
  end loop;
  if is_moving then
    insert into auth.auth_audit_log (seq, id, occurred_at, event_type, action, resource, result, actor_id, actor_login,
      session_id, ip_address, user_agent, request_id, risk_score, details) overriding system value
    select seq, id, occurred_at, event_type, action, resource, result, actor_id, actor_login,
      session_id, ip_address, user_agent, request_id, risk_score, details from auth.auth_audit_log_moving;
    drop table auth.auth_audit_log_moving;
  end if;
  perform auth.limit_audit_grants();
  return cardinality(months);
end $$;

CREATE FUNCTION auth.refuse_audit_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception '% of %.% is refused: it is only ever added to', lower(tg_op), tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;

CREATE FUNCTION auth.refuse_hashes_of_rows() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if exists (
    select from auth.audit_batches b join auth.auth_audit_log l
      on l.seq >= lower(b.rows) and l.seq < upper(b.rows) and l.seq <@ b.rows
    where b.number = old.number
  ) then
    raise exception 'the rows of batch % are still there', old.number using errcode = 'insufficient_privilege';
  end if;
  return old;
end $$;

CREATE TABLE auth.anomalies (
    kind text NOT NULL,
    subject text NOT NULL,
    told_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE auth.api_tokens (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    token_hash bytea NOT NULL,
    prefix text NOT NULL,
    apps text[],
    hosts text[],
    paths text[],
    methods text[],
    networks text[],
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    api text[],
    CONSTRAINT api_tokens_hash_is_sha256 CHECK ((octet_length(token_hash) = 32))
);

COMMENT ON COLUMN auth.api_tokens.prefix IS 'how the token begins, for its owner to tell it from others';

CREATE TABLE auth.app_notices (
    app text NOT NULL,
    text text NOT NULL,
    starts_at timestamp with time zone DEFAULT now() NOT NULL,
    ends_at timestamp with time zone,
    set_by text NOT NULL,
    set_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT app_notices_end_is_later CHECK ((ends_at > starts_at)),
    CONSTRAINT app_notices_text_is_short CHECK (((length(text) >= 1) AND (length(text) <= 500)))
);

COMMENT ON TABLE auth.app_notices IS 'what people read beside an app, such as that it is being mended; one at a time';

COMMENT ON COLUMN auth.app_notices.app IS 'name in the policy; no reference, since it may come back under another version';

COMMENT ON COLUMN auth.app_notices.ends_at IS 'null until somebody takes it away';

COMMENT ON COLUMN auth.app_notices.set_by IS 'login, or the name of an operator at a shell';

CREATE TABLE auth.attempts (
    key bytea NOT NULL,
    side text NOT NULL,
    factor text NOT NULL,
    subject bytea,
    user_id uuid,
    network cidr,
    failures integer NOT NULL,
    last_at timestamp with time zone NOT NULL,
    stopped_until timestamp with time zone,
    forget_at timestamp with time zone,
    CONSTRAINT attempts_key_is_sha256 CHECK ((octet_length(key) = 32)),
    CONSTRAINT attempts_side_is_known CHECK ((side = ANY (ARRAY['person_network'::text, 'network'::text, 'person'::text, 'device'::text])))
)
WITH (fillfactor='70');

COMMENT ON COLUMN auth.attempts.key IS 'digest of side, factor, whose and from where';

COMMENT ON COLUMN auth.attempts.subject IS 'HMAC of the name that was typed, known or not';

COMMENT ON COLUMN auth.attempts.stopped_until IS 'infinity where only a reset or an operator lifts it';

COMMENT ON COLUMN auth.attempts.forget_at IS 'null where only a success or an operator ends the count';

CREATE TABLE auth.audit_batches (
    number bigint NOT NULL,
    form smallint NOT NULL,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    rows int8multirange NOT NULL,
    count integer NOT NULL,
    low bigint NOT NULL,
    seen_to bigint NOT NULL,
    writers text[] NOT NULL,
    rows_hash bytea NOT NULL,
    sealed_at timestamp with time zone NOT NULL,
    key_id integer NOT NULL,
    signature bytea NOT NULL
);

COMMENT ON COLUMN auth.audit_batches.rows IS 'the seq of every row in it; rows that are committed late come in a later batch';

COMMENT ON COLUMN auth.audit_batches.low IS 'every row with a smaller seq is in this batch or an earlier one, and no further one can come';

COMMENT ON COLUMN auth.audit_batches.seen_to IS 'the highest seq that was there when this batch was sealed';

COMMENT ON COLUMN auth.audit_batches.writers IS 'transactions that might still commit rows up to seen_to';

COMMENT ON COLUMN auth.audit_batches.rows_hash IS 'SHA-256 of the hashes of its rows, which stand in audit_row_hashes';

CREATE TABLE auth.audit_deliveries (
    sink text NOT NULL,
    next_batch bigint NOT NULL,
    after_seq bigint DEFAULT 0 NOT NULL,
    holder uuid,
    held_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    last_error text,
    delivered_at timestamp with time zone,
    CONSTRAINT audit_deliveries_sink_is_known CHECK ((sink = ANY (ARRAY['webhook'::text, 'syslog'::text])))
);

COMMENT ON TABLE auth.audit_deliveries IS 'one row for each receiver of the audit log, made when it is first set';

COMMENT ON COLUMN auth.audit_deliveries.next_batch IS 'the batch of auth.audit_batches that is sent next';

COMMENT ON COLUMN auth.audit_deliveries.after_seq IS 'the last row of that batch which the receiver has';

COMMENT ON COLUMN auth.audit_deliveries.holder IS 'the process that sends, until held_until';

CREATE TABLE auth.audit_heads (
    day date NOT NULL,
    number bigint NOT NULL,
    hash bytea NOT NULL,
    key_id integer NOT NULL,
    signature bytea NOT NULL
);

CREATE TABLE auth.audit_removals (
    removed_at timestamp with time zone NOT NULL,
    before timestamp with time zone NOT NULL,
    removed_to bigint NOT NULL,
    kept int8multirange NOT NULL,
    row_count bigint NOT NULL,
    partitions text[] NOT NULL,
    key_id integer NOT NULL,
    signature bytea NOT NULL
);

CREATE TABLE auth.audit_row_hashes (
    number bigint NOT NULL,
    hashes bytea NOT NULL
);

CREATE TABLE auth.auth_audit_log (
    seq bigint NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    event_type text NOT NULL,
    action text,
    resource text,
    result text NOT NULL,
    actor_id uuid,
    actor_login text,
    session_id uuid,
    ip_address inet,
    user_agent text DEFAULT ''::text NOT NULL,
    request_id text,
    risk_score smallint,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT auth_audit_log_result_is_known CHECK ((result = ANY (ARRAY['success'::text, 'failure'::text]))),
    CONSTRAINT auth_audit_log_risk_is_percent CHECK (((risk_score >= 0) AND (risk_score <= 100)))
)
PARTITION BY RANGE (occurred_at);

COMMENT ON COLUMN auth.auth_audit_log.seq IS 'in the order of writing; numbers of transactions that were rolled back are missing';

COMMENT ON COLUMN auth.auth_audit_log.resource IS 'what it was done to, such as user:alice';

COMMENT ON COLUMN auth.auth_audit_log.actor_id IS 'who did it; no reference, since the row outlives the user';

CREATE TABLE auth.auth_audit_log_default (
    seq bigint NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    event_type text NOT NULL,
    action text,
    resource text,
    result text NOT NULL,
    actor_id uuid,
    actor_login text,
    session_id uuid,
    ip_address inet,
    user_agent text DEFAULT ''::text NOT NULL,
    request_id text,
    risk_score smallint,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT auth_audit_log_result_is_known CHECK ((result = ANY (ARRAY['success'::text, 'failure'::text]))),
    CONSTRAINT auth_audit_log_risk_is_percent CHECK (((risk_score >= 0) AND (risk_score <= 100)))
);

ALTER TABLE auth.auth_audit_log ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME auth.auth_audit_log_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE auth.changes (
    id bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    kind text NOT NULL,
    user_id uuid,
    session_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT changes_names_its_kind CHECK ((((kind = 'user'::text) AND (user_id IS NOT NULL) AND (session_id IS NULL)) OR ((kind = 'session'::text) AND (user_id IS NULL) AND (session_id IS NOT NULL)) OR ((kind = ANY (ARRAY['policy'::text, 'keys'::text])) AND (user_id IS NULL) AND (session_id IS NULL))))
);

COMMENT ON COLUMN auth.changes.xid IS 'the transaction that made the change: what was read by a snapshot that does not see it is void';

ALTER TABLE auth.changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME auth.changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE auth.database_identity (
    only_row boolean DEFAULT true NOT NULL,
    value uuid DEFAULT gen_random_uuid() NOT NULL,
    CONSTRAINT database_identity_has_one_row CHECK (only_row)
);

CREATE TABLE auth.decision_sums (
    hour timestamp with time zone NOT NULL,
    user_id uuid,
    app text NOT NULL,
    kind text NOT NULL,
    count bigint NOT NULL,
    CONSTRAINT decision_sums_count_is_positive CHECK ((count > 0))
);

COMMENT ON COLUMN auth.decision_sums.user_id IS 'null where nobody was signed in, or nobody was asked for';

CREATE TABLE auth.decisions (
    id text NOT NULL,
    decided_at timestamp with time zone DEFAULT now() NOT NULL,
    kind text NOT NULL,
    reason text,
    sampled boolean NOT NULL,
    policy_version integer NOT NULL,
    app text,
    named_app text,
    rule integer,
    method text,
    scheme text,
    host text,
    path text,
    path_is_cut boolean DEFAULT false NOT NULL,
    client_address inet,
    user_id uuid,
    login text,
    roles text[] DEFAULT '{}'::text[] NOT NULL,
    factor_ages integer[] DEFAULT '{}'::integer[] NOT NULL,
    reading text,
    times bigint DEFAULT 1 NOT NULL,
    last_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT decisions_id_is_hexadecimal CHECK ((id ~ '^[0-9a-f]{12}$'::text)),
    CONSTRAINT decisions_path_is_short CHECK ((char_length(path) <= 512)),
    CONSTRAINT decisions_reading_is_short CHECK ((char_length(reading) <= 512)),
    CONSTRAINT decisions_times_is_positive CHECK ((times > 0))
);

COMMENT ON COLUMN auth.decisions.sampled IS 'true for one that stands for others like it';

COMMENT ON COLUMN auth.decisions.named_app IS 'the app that the proxy named, which decides instead of the host';

COMMENT ON COLUMN auth.decisions.factor_ages IS 'seconds since each factor was proven';

COMMENT ON COLUMN auth.decisions.reading IS 'the path as the rule that decided read it, null where that is the path as it was sent';

COMMENT ON COLUMN auth.decisions.times IS 'how often the same was decided within the minute';

COMMENT ON COLUMN auth.decisions.last_at IS 'when it was decided the last of these times';

CREATE TABLE auth.devices (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    ip_address inet,
    user_agent text DEFAULT ''::text NOT NULL,
    trusted_until timestamp with time zone,
    trusted_epoch integer,
    key_id integer,
    CONSTRAINT devices_token_hash_is_sha256 CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT devices_trust_has_epoch CHECK (((trusted_until IS NULL) = (trusted_epoch IS NULL)))
);

COMMENT ON COLUMN auth.devices.trusted_until IS 'until when the second factor need not be given again here';

COMMENT ON COLUMN auth.devices.trusted_epoch IS 'session_epoch of the user when trust began: a new password ends it';

COMMENT ON COLUMN auth.devices.key_id IS 'null for a token from before this was noted';

CREATE TABLE auth.ended_keys (
    id integer NOT NULL,
    purpose text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE auth.event_sums (
    slot timestamp with time zone NOT NULL,
    counts jsonb NOT NULL
);

COMMENT ON TABLE auth.event_sums IS 'five minutes each that are over; those that are missing are counted from the log';

COMMENT ON COLUMN auth.event_sums.slot IS 'when they began';

COMMENT ON COLUMN auth.event_sums.counts IS 'by type and result, such as {"sign_in success": 12}';

CREATE TABLE auth.failed_name_counts (
    slot timestamp with time zone NOT NULL,
    network text NOT NULL,
    names integer NOT NULL
);

COMMENT ON COLUMN auth.failed_name_counts.network IS 'a star for all of them together';

CREATE TABLE auth.failed_names (
    slot timestamp with time zone NOT NULL,
    network text NOT NULL,
    subject bytea NOT NULL
);

CREATE TABLE auth.grants (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    role_name text NOT NULL,
    reason text NOT NULL,
    granted_by text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    revoked_by text,
    closed_at timestamp with time zone,
    CONSTRAINT grants_end_is_later CHECK ((ends_at > created_at)),
    CONSTRAINT grants_reason_is_short CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
    CONSTRAINT grants_revocation_has_author CHECK (((revoked_at IS NULL) = (revoked_by IS NULL))),
    CONSTRAINT grants_revoked_are_closed CHECK (((revoked_at IS NULL) OR (closed_at IS NOT NULL)))
);

COMMENT ON COLUMN auth.grants.granted_by IS 'login, or the name of an operator at a shell';

COMMENT ON COLUMN auth.grants.closed_at IS 'when its end was written down; null while it runs, and a moment longer';

CREATE TABLE auth.user_roles (
    user_id uuid NOT NULL,
    role_name text NOT NULL,
    granted_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE VIEW auth.held_roles AS
 SELECT user_roles.user_id,
    user_roles.role_name,
    NULL::timestamp with time zone AS ends_at
   FROM auth.user_roles
UNION ALL
 SELECT grants.user_id,
    grants.role_name,
    grants.ends_at
   FROM auth.grants
  WHERE ((grants.revoked_at IS NULL) AND (now() < grants.ends_at));

CREATE TABLE auth.idempotency_keys (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    owner_id uuid NOT NULL,
    key_hash bytea NOT NULL,
    fingerprint bytea NOT NULL,
    sealed_reply bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_keys_hashes_are_sha256 CHECK (((octet_length(key_hash) = 32) AND (octet_length(fingerprint) = 32)))
);

COMMENT ON COLUMN auth.idempotency_keys.fingerprint IS 'of the request: the same key for another one is refused';

COMMENT ON COLUMN auth.idempotency_keys.sealed_reply IS 'null while it runs, and for good where nobody knows what came of it';

CREATE TABLE auth.keys (
    id integer NOT NULL,
    purpose text NOT NULL,
    wrapped_key bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    retired_at timestamp with time zone,
    mints_after timestamp with time zone,
    CONSTRAINT keys_coming_does_not_mint CHECK (((mints_after IS NULL) OR (retired_at IS NOT NULL)))
);

COMMENT ON COLUMN auth.keys.retired_at IS 'null for the one that makes new things; all others only check';

COMMENT ON COLUMN auth.keys.mints_after IS 'when one that is coming takes over; null for all others';

ALTER TABLE auth.keys ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME auth.keys_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE auth.mail_outbox (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid,
    recipient text,
    kind text NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone,
    last_error text
);

COMMENT ON COLUMN auth.mail_outbox.recipient IS 'null where nobody has what was asked for: such a row costs as much and is dropped';

CREATE TABLE auth.network_sightings (
    user_id uuid NOT NULL,
    network text NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE auth.one_time_tokens (
    token_hash bytea NOT NULL,
    purpose text NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT one_time_tokens_hash_is_sha256 CHECK ((octet_length(token_hash) = 32))
);

CREATE TABLE auth.password_history (
    id bigint NOT NULL,
    user_id uuid NOT NULL,
    password_hash text NOT NULL,
    pepper_key_id integer,
    replaced_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE auth.password_history ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME auth.password_history_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE auth.permissions (
    name text NOT NULL,
    resource text NOT NULL,
    action text NOT NULL
);

CREATE TABLE auth.policies (
    version integer NOT NULL,
    source text NOT NULL,
    digest bytea NOT NULL,
    applied_by text NOT NULL,
    reason text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT policies_digest_is_sha256 CHECK ((octet_length(digest) = 32))
);

ALTER TABLE auth.policies ALTER COLUMN version ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME auth.policies_version_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE auth.recovery_codes (
    user_id uuid NOT NULL,
    code_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT recovery_codes_hash_is_hmac_sha256 CHECK ((octet_length(code_hash) = 32))
);

CREATE TABLE auth.role_permissions (
    role_name text NOT NULL,
    permission_name text NOT NULL
);

CREATE TABLE auth.roles (
    name text NOT NULL,
    in_policy boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON COLUMN auth.roles.in_policy IS 'false once no policy defines the role any more but users still hold it';

CREATE TABLE auth.session_tokens (
    token_hash bytea NOT NULL,
    session_id uuid NOT NULL,
    host text,
    factors jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT session_tokens_hash_is_sha256 CHECK ((octet_length(token_hash) = 32))
);

CREATE TABLE auth.sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    session_epoch integer NOT NULL,
    factors jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    idle_timeout interval NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    end_reason text,
    ip_address inet,
    user_agent text DEFAULT ''::text NOT NULL,
    remembered boolean DEFAULT false NOT NULL,
    shown_networks text[] DEFAULT '{}'::text[] NOT NULL,
    shown_devices text[] DEFAULT '{}'::text[] NOT NULL,
    shown_moves text[] DEFAULT '{}'::text[] NOT NULL,
    moved_at timestamp with time zone,
    CONSTRAINT sessions_end_has_reason CHECK (((ended_at IS NULL) = (end_reason IS NULL)))
)
WITH (fillfactor='50');

COMMENT ON COLUMN auth.sessions.factors IS 'factor name to the time it was last proven, ms since 1970';

COMMENT ON COLUMN auth.sessions.shown_networks IS 'the latest, besides that of ip_address';

COMMENT ON COLUMN auth.sessions.shown_devices IS 'digests of the latest, besides that of user_agent';

COMMENT ON COLUMN auth.sessions.shown_moves IS 'network and device that both were new at once, each told of once';

COMMENT ON COLUMN auth.sessions.moved_at IS 'of the latest of these, by the clock that factors are proven by';

CREATE TABLE auth.totp_devices (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    sealed_secret bytea NOT NULL,
    last_step bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    confirmed_at timestamp with time zone,
    last_used_at timestamp with time zone
);

COMMENT ON COLUMN auth.totp_devices.last_step IS 'the newest time step a code was taken of; none up to it is taken again';

COMMENT ON COLUMN auth.totp_devices.confirmed_at IS 'null until a first right code: such a device proves nothing';

CREATE TABLE auth.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    login text NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    password_hash text,
    pepper_key_id integer,
    session_epoch integer DEFAULT 0 NOT NULL,
    authz_epoch integer DEFAULT 0 NOT NULL,
    disabled_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    password_changed_at timestamp with time zone,
    must_change_password boolean DEFAULT false NOT NULL,
    email_verified_at timestamp with time zone,
    second_factor_asked_at timestamp with time zone,
    break_glass boolean DEFAULT false NOT NULL,
    language text,
    CONSTRAINT users_email_is_lower CHECK ((email = lower(email))),
    CONSTRAINT users_language_is_tag CHECK (((language ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$'::text) AND (length(language) <= 35))),
    CONSTRAINT users_login_is_lower CHECK ((login = lower(login))),
    CONSTRAINT users_pepper_has_hash CHECK (((password_hash IS NOT NULL) OR (pepper_key_id IS NULL)))
);

COMMENT ON COLUMN auth.users.pepper_key_id IS 'null with a hash: imported, and hashed anew at the next sign-in';

COMMENT ON COLUMN auth.users.password_changed_at IS 'when its owner or an administrator last set it; null for one that was imported';

COMMENT ON COLUMN auth.users.second_factor_asked_at IS 'first sign-in at which the policy demanded one; the days of grace begin here';

COMMENT ON COLUMN auth.users.break_glass IS 'signs in by password alone whatever is demanded; each use alarms';

COMMENT ON COLUMN auth.users.language IS 'BCP 47 tag of what pages and mails are written in; null where nothing was chosen';

CREATE VIEW auth.valid_api_tokens AS
 SELECT t.id,
    t.user_id,
    t.name,
    t.token_hash,
    t.prefix,
    t.apps,
    t.hosts,
    t.paths,
    t.methods,
    t.networks,
    t.expires_at,
    t.created_at,
    t.last_used_at,
    u.login,
    u.email,
    u.name AS user_name,
    t.api
   FROM (auth.api_tokens t
     JOIN auth.users u ON ((u.id = t.user_id)))
  WHERE ((t.revoked_at IS NULL) AND (now() < t.expires_at) AND (u.disabled_at IS NULL));

CREATE VIEW auth.valid_sessions AS
 SELECT s.id,
    s.user_id,
    s.created_at,
    s.last_seen_at,
    s.expires_at,
    s.ip_address,
    s.user_agent,
    u.login,
    u.email,
    u.name,
    s.remembered,
    s.shown_networks,
    s.shown_devices,
    s.shown_moves,
    s.moved_at
   FROM (auth.sessions s
     JOIN auth.users u ON ((u.id = s.user_id)))
  WHERE ((s.ended_at IS NULL) AND (now() < s.expires_at) AND (now() < ((s.last_seen_at + s.idle_timeout) + '00:01:00'::interval)) AND (s.session_epoch = u.session_epoch) AND (u.disabled_at IS NULL));

CREATE TABLE auth.webauthn_credentials (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    credential_id bytea NOT NULL,
    sealed_public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    transports text[] DEFAULT '{}'::text[] NOT NULL,
    backup_eligible boolean NOT NULL,
    backed_up boolean NOT NULL,
    user_verified boolean NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone,
    copy_suspected_at timestamp with time zone
);

COMMENT ON COLUMN auth.webauthn_credentials.user_verified IS 'whether the key made sure who holds it when it was added';

COMMENT ON COLUMN auth.webauthn_credentials.copy_suspected_at IS 'when it last answered with a count that was not new';

ALTER TABLE ONLY auth.auth_audit_log ATTACH PARTITION auth.auth_audit_log_default DEFAULT;

ALTER TABLE ONLY auth.anomalies
    ADD CONSTRAINT anomalies_pkey PRIMARY KEY (kind, subject);

ALTER TABLE ONLY auth.api_tokens
    ADD CONSTRAINT api_tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.api_tokens
    ADD CONSTRAINT api_tokens_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY auth.app_notices
    ADD CONSTRAINT app_notices_pkey PRIMARY KEY (app);

ALTER TABLE ONLY auth.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (key);

ALTER TABLE ONLY auth.audit_batches
    ADD CONSTRAINT audit_batches_pkey PRIMARY KEY (number);

ALTER TABLE ONLY auth.audit_deliveries
    ADD CONSTRAINT audit_deliveries_pkey PRIMARY KEY (sink);

ALTER TABLE ONLY auth.audit_heads
    ADD CONSTRAINT audit_heads_pkey PRIMARY KEY (day);

ALTER TABLE ONLY auth.audit_removals
    ADD CONSTRAINT audit_removals_pkey PRIMARY KEY (removed_at);

ALTER TABLE ONLY auth.audit_row_hashes
    ADD CONSTRAINT audit_row_hashes_pkey PRIMARY KEY (number);

ALTER TABLE ONLY auth.auth_audit_log
    ADD CONSTRAINT auth_audit_log_pkey PRIMARY KEY (seq, occurred_at);

ALTER TABLE ONLY auth.auth_audit_log_default
    ADD CONSTRAINT auth_audit_log_default_pkey PRIMARY KEY (seq, occurred_at);

ALTER TABLE ONLY auth.changes
    ADD CONSTRAINT changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.database_identity
    ADD CONSTRAINT database_identity_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY auth.decisions
    ADD CONSTRAINT decisions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.devices
    ADD CONSTRAINT devices_once_a_user UNIQUE (token_hash, user_id);

ALTER TABLE ONLY auth.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.ended_keys
    ADD CONSTRAINT ended_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.event_sums
    ADD CONSTRAINT event_sums_pkey PRIMARY KEY (slot);

ALTER TABLE ONLY auth.failed_name_counts
    ADD CONSTRAINT failed_name_counts_pkey PRIMARY KEY (slot, network);

ALTER TABLE ONLY auth.failed_names
    ADD CONSTRAINT failed_names_pkey PRIMARY KEY (slot, network, subject);

ALTER TABLE ONLY auth.grants
    ADD CONSTRAINT grants_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.idempotency_keys
    ADD CONSTRAINT idempotency_keys_owner_key UNIQUE (owner_id, key_hash);

ALTER TABLE ONLY auth.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.mail_outbox
    ADD CONSTRAINT mail_outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.network_sightings
    ADD CONSTRAINT network_sightings_pkey PRIMARY KEY (user_id, network);

ALTER TABLE ONLY auth.one_time_tokens
    ADD CONSTRAINT one_time_tokens_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY auth.password_history
    ADD CONSTRAINT password_history_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.permissions
    ADD CONSTRAINT permissions_pkey PRIMARY KEY (name);

ALTER TABLE ONLY auth.policies
    ADD CONSTRAINT policies_pkey PRIMARY KEY (version);

ALTER TABLE ONLY auth.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, code_hash);

ALTER TABLE ONLY auth.role_permissions
    ADD CONSTRAINT role_permissions_pkey PRIMARY KEY (role_name, permission_name);

ALTER TABLE ONLY auth.roles
    ADD CONSTRAINT roles_pkey PRIMARY KEY (name);

ALTER TABLE ONLY auth.session_tokens
    ADD CONSTRAINT session_tokens_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY auth.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.totp_devices
    ADD CONSTRAINT totp_devices_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.user_roles
    ADD CONSTRAINT user_roles_pkey PRIMARY KEY (user_id, role_name);

ALTER TABLE ONLY auth.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

ALTER TABLE ONLY auth.users
    ADD CONSTRAINT users_login_key UNIQUE (login);

ALTER TABLE ONLY auth.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.webauthn_credentials
    ADD CONSTRAINT webauthn_credentials_credential_id_key UNIQUE (credential_id);

ALTER TABLE ONLY auth.webauthn_credentials
    ADD CONSTRAINT webauthn_credentials_pkey PRIMARY KEY (id);

CREATE INDEX anomalies_told_at_idx ON auth.anomalies USING btree (told_at);

CREATE INDEX api_tokens_over_at_idx ON auth.api_tokens USING btree (LEAST(expires_at, revoked_at));

CREATE INDEX api_tokens_user_id_idx ON auth.api_tokens USING btree (user_id);

CREATE INDEX attempts_forget_at_idx ON auth.attempts USING btree (forget_at);

CREATE INDEX attempts_last_at_idx ON auth.attempts USING btree (last_at);

CREATE INDEX attempts_subject_idx ON auth.attempts USING btree (subject);

CREATE INDEX attempts_user_id_idx ON auth.attempts USING btree (user_id);

CREATE INDEX audit_batches_rows_idx ON auth.audit_batches USING gist (rows);

CREATE INDEX auth_audit_log_actor_id_idx ON ONLY auth.auth_audit_log USING btree (actor_id, occurred_at);

CREATE INDEX auth_audit_log_actor_login_idx ON ONLY auth.auth_audit_log USING btree (actor_login, occurred_at, seq) WHERE (actor_login IS NOT NULL);

CREATE INDEX auth_audit_log_app_idx ON ONLY auth.auth_audit_log USING btree (occurred_at, seq) WHERE ((resource ~~ 'app:%'::text) OR (details ? 'app'::text) OR ((details #> '{scope,apps}'::text[]) IS NOT NULL));

CREATE INDEX auth_audit_log_default_actor_id_occurred_at_idx ON auth.auth_audit_log_default USING btree (actor_id, occurred_at);

CREATE INDEX auth_audit_log_default_actor_login_occurred_at_seq_idx ON auth.auth_audit_log_default USING btree (actor_login, occurred_at, seq) WHERE (actor_login IS NOT NULL);

CREATE INDEX auth_audit_log_event_type_idx ON ONLY auth.auth_audit_log USING btree (event_type, occurred_at, seq);

CREATE INDEX auth_audit_log_default_event_type_occurred_at_seq_idx ON auth.auth_audit_log_default USING btree (event_type, occurred_at, seq);

CREATE INDEX auth_audit_log_id_idx ON ONLY auth.auth_audit_log USING btree (id);

CREATE INDEX auth_audit_log_default_id_idx ON auth.auth_audit_log_default USING btree (id);

CREATE INDEX auth_audit_log_ip_address_idx ON ONLY auth.auth_audit_log USING btree (ip_address, occurred_at, seq) WHERE (ip_address IS NOT NULL);

CREATE INDEX auth_audit_log_default_ip_address_occurred_at_seq_idx ON auth.auth_audit_log_default USING btree (ip_address, occurred_at, seq) WHERE (ip_address IS NOT NULL);

CREATE INDEX auth_audit_log_occurred_at_idx ON ONLY auth.auth_audit_log USING btree (occurred_at, seq);

CREATE INDEX auth_audit_log_default_occurred_at_seq_idx ON auth.auth_audit_log_default USING btree (occurred_at, seq);

CREATE INDEX auth_audit_log_default_occurred_at_seq_idx1 ON auth.auth_audit_log_default USING btree (occurred_at, seq) WHERE ((resource ~~ 'app:%'::text) OR (details ? 'app'::text) OR ((details #> '{scope,apps}'::text[]) IS NOT NULL));

CREATE INDEX auth_audit_log_request_id_idx ON ONLY auth.auth_audit_log USING btree (request_id, occurred_at, seq) WHERE (request_id IS NOT NULL);

CREATE INDEX auth_audit_log_default_request_id_occurred_at_seq_idx ON auth.auth_audit_log_default USING btree (request_id, occurred_at, seq) WHERE (request_id IS NOT NULL);

CREATE INDEX auth_audit_log_resource_idx ON ONLY auth.auth_audit_log USING btree (resource, occurred_at) WHERE (resource IS NOT NULL);

CREATE INDEX auth_audit_log_default_resource_occurred_at_idx ON auth.auth_audit_log_default USING btree (resource, occurred_at) WHERE (resource IS NOT NULL);

CREATE INDEX changes_created_at_idx ON auth.changes USING btree (created_at);

CREATE INDEX changes_xid_idx ON auth.changes USING btree (xid);

CREATE UNIQUE INDEX decision_sums_key ON auth.decision_sums USING btree (hour, app, kind, COALESCE(user_id, '00000000-0000-0000-0000-000000000000'::uuid));

CREATE INDEX decision_sums_user_id_idx ON auth.decision_sums USING btree (user_id, hour);

CREATE INDEX decisions_decided_at_idx ON auth.decisions USING btree (decided_at, id);

CREATE INDEX devices_last_seen_at_idx ON auth.devices USING btree (last_seen_at);

CREATE INDEX devices_user_id_idx ON auth.devices USING btree (user_id, last_seen_at);

CREATE INDEX grants_created_at_idx ON auth.grants USING btree (created_at, id);

CREATE INDEX grants_open_idx ON auth.grants USING btree (ends_at) WHERE (closed_at IS NULL);

CREATE INDEX grants_over_at_idx ON auth.grants USING btree (LEAST(ends_at, revoked_at));

CREATE INDEX grants_role_name_idx ON auth.grants USING btree (role_name);

CREATE INDEX grants_user_id_idx ON auth.grants USING btree (user_id);

CREATE INDEX idempotency_keys_created_at_idx ON auth.idempotency_keys USING btree (created_at);

CREATE UNIQUE INDEX keys_one_coming_key ON auth.keys USING btree (purpose) WHERE (mints_after IS NOT NULL);

CREATE UNIQUE INDEX keys_one_minting_key ON auth.keys USING btree (purpose) WHERE (retired_at IS NULL);

CREATE INDEX mail_outbox_created_at_idx ON auth.mail_outbox USING btree (created_at);

CREATE INDEX mail_outbox_user_id_idx ON auth.mail_outbox USING btree (user_id, kind, created_at);

CREATE INDEX mail_outbox_waiting_idx ON auth.mail_outbox USING btree (next_attempt_at) WHERE (sent_at IS NULL);

CREATE INDEX network_sightings_seen_at_idx ON auth.network_sightings USING btree (seen_at);

CREATE INDEX one_time_tokens_hand_over_idx ON auth.one_time_tokens USING btree (((details ->> 'signInId'::text)), created_at DESC) WHERE (purpose = 'hand_over'::text);

CREATE UNIQUE INDEX one_time_tokens_invitation_idx ON auth.one_time_tokens USING btree (((details ->> 'id'::text))) WHERE (purpose = 'invitation'::text);

CREATE INDEX one_time_tokens_of_user_idx ON auth.one_time_tokens USING btree (((details ->> 'userId'::text)), purpose) WHERE (purpose = ANY (ARRAY['reset'::text, 'email'::text, 'email_stop'::text]));

CREATE INDEX one_time_tokens_over_at_idx ON auth.one_time_tokens USING btree (COALESCE(used_at, expires_at));

CREATE INDEX one_time_tokens_pending_user_idx ON auth.one_time_tokens USING btree (((details ->> 'userId'::text))) WHERE (purpose = 'pending'::text);

CREATE INDEX password_history_user_id_idx ON auth.password_history USING btree (user_id, id DESC);

CREATE INDEX policies_digest_idx ON auth.policies USING btree (digest);

CREATE INDEX session_tokens_session_id_idx ON auth.session_tokens USING btree (session_id);

CREATE INDEX sessions_created_at_idx ON auth.sessions USING btree (created_at);

CREATE INDEX sessions_over_at_idx ON auth.sessions USING btree (COALESCE(ended_at, expires_at));

CREATE INDEX sessions_user_id_idx ON auth.sessions USING btree (user_id);

CREATE UNIQUE INDEX totp_devices_one_unconfirmed ON auth.totp_devices USING btree (user_id) WHERE (confirmed_at IS NULL);

CREATE INDEX totp_devices_user_id_idx ON auth.totp_devices USING btree (user_id);

CREATE INDEX user_roles_role_name_idx ON auth.user_roles USING btree (role_name);

CREATE INDEX users_disabled_idx ON auth.users USING btree (login) WHERE (disabled_at IS NOT NULL);

CREATE INDEX users_email_prefix_idx ON auth.users USING btree (email text_pattern_ops);

CREATE INDEX users_login_prefix_idx ON auth.users USING btree (login text_pattern_ops);

CREATE INDEX users_name_prefix_idx ON auth.users USING btree (lower(name) text_pattern_ops);

CREATE INDEX webauthn_credentials_user_id_idx ON auth.webauthn_credentials USING btree (user_id);

ALTER INDEX auth.auth_audit_log_actor_id_idx ATTACH PARTITION auth.auth_audit_log_default_actor_id_occurred_at_idx;

ALTER INDEX auth.auth_audit_log_actor_login_idx ATTACH PARTITION auth.auth_audit_log_default_actor_login_occurred_at_seq_idx;

ALTER INDEX auth.auth_audit_log_event_type_idx ATTACH PARTITION auth.auth_audit_log_default_event_type_occurred_at_seq_idx;

ALTER INDEX auth.auth_audit_log_id_idx ATTACH PARTITION auth.auth_audit_log_default_id_idx;

ALTER INDEX auth.auth_audit_log_ip_address_idx ATTACH PARTITION auth.auth_audit_log_default_ip_address_occurred_at_seq_idx;

ALTER INDEX auth.auth_audit_log_occurred_at_idx ATTACH PARTITION auth.auth_audit_log_default_occurred_at_seq_idx;

ALTER INDEX auth.auth_audit_log_app_idx ATTACH PARTITION auth.auth_audit_log_default_occurred_at_seq_idx1;

ALTER INDEX auth.auth_audit_log_pkey ATTACH PARTITION auth.auth_audit_log_default_pkey;

ALTER INDEX auth.auth_audit_log_request_id_idx ATTACH PARTITION auth.auth_audit_log_default_request_id_occurred_at_seq_idx;

ALTER INDEX auth.auth_audit_log_resource_idx ATTACH PARTITION auth.auth_audit_log_default_resource_occurred_at_idx;

CREATE TRIGGER audit_batches_are_final BEFORE DELETE OR UPDATE OR TRUNCATE ON auth.audit_batches FOR EACH STATEMENT EXECUTE FUNCTION auth.refuse_audit_change();

CREATE TRIGGER audit_heads_are_final BEFORE DELETE OR UPDATE OR TRUNCATE ON auth.audit_heads FOR EACH STATEMENT EXECUTE FUNCTION auth.refuse_audit_change();

CREATE TRIGGER audit_log_is_final BEFORE DELETE OR UPDATE ON auth.auth_audit_log FOR EACH ROW EXECUTE FUNCTION auth.refuse_audit_change();

CREATE TRIGGER audit_log_is_kept BEFORE TRUNCATE ON auth.auth_audit_log FOR EACH STATEMENT EXECUTE FUNCTION auth.refuse_audit_change();

CREATE TRIGGER audit_log_is_kept BEFORE TRUNCATE ON auth.auth_audit_log_default FOR EACH STATEMENT EXECUTE FUNCTION auth.refuse_audit_change();

CREATE TRIGGER audit_removals_are_final BEFORE DELETE OR UPDATE OR TRUNCATE ON auth.audit_removals FOR EACH STATEMENT EXECUTE FUNCTION auth.refuse_audit_change();

CREATE TRIGGER audit_row_hashes_are_final BEFORE UPDATE OR TRUNCATE ON auth.audit_row_hashes FOR EACH STATEMENT EXECUTE FUNCTION auth.refuse_audit_change();

CREATE TRIGGER audit_row_hashes_are_kept BEFORE DELETE ON auth.audit_row_hashes FOR EACH ROW EXECUTE FUNCTION auth.refuse_hashes_of_rows();

ALTER TABLE ONLY auth.api_tokens
    ADD CONSTRAINT api_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.attempts
    ADD CONSTRAINT attempts_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.audit_row_hashes
    ADD CONSTRAINT audit_row_hashes_number_fkey FOREIGN KEY (number) REFERENCES auth.audit_batches(number);

ALTER TABLE ONLY auth.devices
    ADD CONSTRAINT devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.grants
    ADD CONSTRAINT grants_role_name_fkey FOREIGN KEY (role_name) REFERENCES auth.roles(name);

ALTER TABLE ONLY auth.grants
    ADD CONSTRAINT grants_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.idempotency_keys
    ADD CONSTRAINT idempotency_keys_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.mail_outbox
    ADD CONSTRAINT mail_outbox_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.network_sightings
    ADD CONSTRAINT network_sightings_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.password_history
    ADD CONSTRAINT password_history_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.recovery_codes
    ADD CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.role_permissions
    ADD CONSTRAINT role_permissions_permission_name_fkey FOREIGN KEY (permission_name) REFERENCES auth.permissions(name) ON DELETE CASCADE;

ALTER TABLE ONLY auth.role_permissions
    ADD CONSTRAINT role_permissions_role_name_fkey FOREIGN KEY (role_name) REFERENCES auth.roles(name) ON DELETE CASCADE;

ALTER TABLE ONLY auth.session_tokens
    ADD CONSTRAINT session_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth.sessions(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.totp_devices
    ADD CONSTRAINT totp_devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.user_roles
    ADD CONSTRAINT user_roles_role_name_fkey FOREIGN KEY (role_name) REFERENCES auth.roles(name);

ALTER TABLE ONLY auth.user_roles
    ADD CONSTRAINT user_roles_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.webauthn_credentials
    ADD CONSTRAINT webauthn_credentials_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
