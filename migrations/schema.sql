-- What all migrations make, in the words of pg_dump. Written by `node scripts/dump-schema.ts`.

CREATE SCHEMA auth;

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
    CONSTRAINT api_tokens_hash_is_sha256 CHECK ((octet_length(token_hash) = 32))
);

COMMENT ON COLUMN auth.api_tokens.prefix IS 'how the token begins, for its owner to tell it from others';

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

CREATE TABLE auth.auth_audit_log (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    event_type text NOT NULL,
    result text NOT NULL,
    actor_id uuid,
    actor_login text,
    session_id uuid,
    resource text,
    ip_address inet,
    user_agent text DEFAULT ''::text NOT NULL,
    risk_score smallint,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT auth_audit_log_result_is_known CHECK ((result = ANY (ARRAY['success'::text, 'failure'::text]))),
    CONSTRAINT auth_audit_log_risk_is_percent CHECK (((risk_score >= 0) AND (risk_score <= 100)))
);

COMMENT ON COLUMN auth.auth_audit_log.actor_id IS 'who did it; no reference, since the row outlives the user';

COMMENT ON COLUMN auth.auth_audit_log.resource IS 'what it was done to, such as user:alice';

CREATE TABLE auth.changes (
    id bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    kind text NOT NULL,
    user_id uuid,
    session_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT changes_names_its_kind CHECK ((((kind = 'user'::text) AND (user_id IS NOT NULL) AND (session_id IS NULL)) OR ((kind = 'session'::text) AND (user_id IS NULL) AND (session_id IS NOT NULL)) OR ((kind = 'policy'::text) AND (user_id IS NULL) AND (session_id IS NULL))))
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
    CONSTRAINT decisions_id_is_hexadecimal CHECK ((id ~ '^[0-9a-f]{12}$'::text)),
    CONSTRAINT decisions_path_is_short CHECK ((char_length(path) <= 512))
);

COMMENT ON COLUMN auth.decisions.sampled IS 'true for one that stands for others like it';

COMMENT ON COLUMN auth.decisions.named_app IS 'the app that the proxy named, which decides instead of the host';

COMMENT ON COLUMN auth.decisions.factor_ages IS 'seconds since each factor was proven';

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
    CONSTRAINT devices_token_hash_is_sha256 CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT devices_trust_has_epoch CHECK (((trusted_until IS NULL) = (trusted_epoch IS NULL)))
);

COMMENT ON COLUMN auth.devices.trusted_until IS 'until when the second factor need not be given again here';

COMMENT ON COLUMN auth.devices.trusted_epoch IS 'session_epoch of the user when trust began: a new password ends it';

CREATE TABLE auth.keys (
    id integer NOT NULL,
    purpose text NOT NULL,
    wrapped_key bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    retired_at timestamp with time zone
);

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
    CONSTRAINT sessions_end_has_reason CHECK (((ended_at IS NULL) = (end_reason IS NULL)))
)
WITH (fillfactor='50');

COMMENT ON COLUMN auth.sessions.factors IS 'factor name to the time it was last proven, ms since 1970';

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

CREATE TABLE auth.user_roles (
    user_id uuid NOT NULL,
    role_name text NOT NULL,
    granted_at timestamp with time zone DEFAULT now() NOT NULL
);

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
    CONSTRAINT users_email_is_lower CHECK ((email = lower(email))),
    CONSTRAINT users_login_is_lower CHECK ((login = lower(login))),
    CONSTRAINT users_pepper_has_hash CHECK (((password_hash IS NOT NULL) OR (pepper_key_id IS NULL)))
);

COMMENT ON COLUMN auth.users.pepper_key_id IS 'null with a hash: imported, and hashed anew at the next sign-in';

COMMENT ON COLUMN auth.users.password_changed_at IS 'when its owner or an administrator last set it; null for one that was imported';

COMMENT ON COLUMN auth.users.second_factor_asked_at IS 'first sign-in at which the policy demanded one; the days of grace begin here';

COMMENT ON COLUMN auth.users.break_glass IS 'signs in by password alone whatever is demanded; each use alarms';

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
    u.name AS user_name
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
    s.remembered
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

ALTER TABLE ONLY auth.api_tokens
    ADD CONSTRAINT api_tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.api_tokens
    ADD CONSTRAINT api_tokens_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY auth.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (key);

ALTER TABLE ONLY auth.auth_audit_log
    ADD CONSTRAINT auth_audit_log_pkey PRIMARY KEY (id);

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

ALTER TABLE ONLY auth.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth.mail_outbox
    ADD CONSTRAINT mail_outbox_pkey PRIMARY KEY (id);

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

CREATE INDEX api_tokens_over_at_idx ON auth.api_tokens USING btree (LEAST(expires_at, revoked_at));

CREATE INDEX api_tokens_user_id_idx ON auth.api_tokens USING btree (user_id);

CREATE INDEX attempts_forget_at_idx ON auth.attempts USING btree (forget_at);

CREATE INDEX attempts_last_at_idx ON auth.attempts USING btree (last_at);

CREATE INDEX attempts_subject_idx ON auth.attempts USING btree (subject);

CREATE INDEX attempts_user_id_idx ON auth.attempts USING btree (user_id);

CREATE INDEX auth_audit_log_actor_id_idx ON auth.auth_audit_log USING btree (actor_id, occurred_at);

CREATE INDEX auth_audit_log_occurred_at_idx ON auth.auth_audit_log USING btree (occurred_at);

CREATE INDEX auth_audit_log_resource_idx ON auth.auth_audit_log USING btree (resource, occurred_at) WHERE (resource IS NOT NULL);

CREATE INDEX changes_created_at_idx ON auth.changes USING btree (created_at);

CREATE INDEX changes_xid_idx ON auth.changes USING btree (xid);

CREATE INDEX decisions_decided_at_idx ON auth.decisions USING btree (decided_at, id);

CREATE INDEX devices_last_seen_at_idx ON auth.devices USING btree (last_seen_at);

CREATE INDEX devices_user_id_idx ON auth.devices USING btree (user_id, last_seen_at);

CREATE UNIQUE INDEX keys_one_minting_key ON auth.keys USING btree (purpose) WHERE (retired_at IS NULL);

CREATE INDEX mail_outbox_created_at_idx ON auth.mail_outbox USING btree (created_at);

CREATE INDEX mail_outbox_user_id_idx ON auth.mail_outbox USING btree (user_id, kind, created_at);

CREATE INDEX mail_outbox_waiting_idx ON auth.mail_outbox USING btree (next_attempt_at) WHERE (sent_at IS NULL);

CREATE INDEX one_time_tokens_hand_over_idx ON auth.one_time_tokens USING btree (((details ->> 'signInId'::text)), created_at DESC) WHERE (purpose = 'hand_over'::text);

CREATE UNIQUE INDEX one_time_tokens_invitation_idx ON auth.one_time_tokens USING btree (((details ->> 'id'::text))) WHERE (purpose = 'invitation'::text);

CREATE INDEX one_time_tokens_of_user_idx ON auth.one_time_tokens USING btree (((details ->> 'userId'::text)), purpose) WHERE (purpose = ANY (ARRAY['reset'::text, 'email'::text, 'email_stop'::text]));

CREATE INDEX one_time_tokens_over_at_idx ON auth.one_time_tokens USING btree (COALESCE(used_at, expires_at));

CREATE INDEX one_time_tokens_pending_user_idx ON auth.one_time_tokens USING btree (((details ->> 'userId'::text))) WHERE (purpose = 'pending'::text);

CREATE INDEX password_history_user_id_idx ON auth.password_history USING btree (user_id, id DESC);

CREATE INDEX policies_digest_idx ON auth.policies USING btree (digest);

CREATE INDEX session_tokens_session_id_idx ON auth.session_tokens USING btree (session_id);

CREATE INDEX sessions_over_at_idx ON auth.sessions USING btree (COALESCE(ended_at, expires_at));

CREATE INDEX sessions_user_id_idx ON auth.sessions USING btree (user_id);

CREATE UNIQUE INDEX totp_devices_one_unconfirmed ON auth.totp_devices USING btree (user_id) WHERE (confirmed_at IS NULL);

CREATE INDEX totp_devices_user_id_idx ON auth.totp_devices USING btree (user_id);

CREATE INDEX user_roles_role_name_idx ON auth.user_roles USING btree (role_name);

CREATE INDEX webauthn_credentials_user_id_idx ON auth.webauthn_credentials USING btree (user_id);

ALTER TABLE ONLY auth.api_tokens
    ADD CONSTRAINT api_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.attempts
    ADD CONSTRAINT attempts_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.devices
    ADD CONSTRAINT devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY auth.mail_outbox
    ADD CONSTRAINT mail_outbox_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

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
