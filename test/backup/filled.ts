import { openKeys } from '../../src/credentials/keys.ts'
import { createChainSigner } from '../../src/audit/chain-keys.ts'
import { recordKey } from '../../src/audit/record-key.ts'
import { sealBatch } from '../../src/audit/seal.ts'
import { makeBackup } from '../../src/backup/make-backup.ts'
import type { BackupMade } from '../../src/backup/make-backup.ts'
import { openBackup } from '../../src/backup/open-backup.ts'
import type { OpenBackup } from '../../src/backup/open-backup.ts'
import { writeFileWhole } from '../../src/backup/output-file.ts'
import { loadBackup } from '../../src/backup/load.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { MIGRATIONS } from '../support/postgres.ts'

export const PASSPHRASE = 'a passphrase that is long enough'
export const SECRET = 'the secret that wraps the keys of the first database'
export const OTHER_SECRET = 'the secret that wraps the keys of the second database'

export type Keys = Awaited<ReturnType<typeof openKeys>>

/** Every character that some form of text treats as its own. */
const AWKWARD = `E'O''Brien \\\\ "x" {a,b} \\t\\n\\r é 語 😀 \\x01 \\x7f NULL \\\\N [1,"2"] \\u2028 %s $1'`
const UNA = '00000000-0000-4000-8000-000000000001'
const SIGN_IN = '00000000-0000-4000-8000-000000000002'
/** A row or two of every table that the program itself fills only in the course of days. */
const FILL = `
insert into auth.users (id, login, email, name, password_hash, pepper_key_id, session_epoch, disabled_at, created_at, language)
  values ('${UNA}', 'una', 'una@example.com', ${AWKWARD}, '$argon2id$x', 2, 7, null, '1969-12-31 23:59:59.25+00', 'de-AT');
insert into auth.users (login, email, name, disabled_at) select 'u' || n, 'u' || n || '@example.com', '', now() from generate_series(1, 50) n;
insert into auth.roles (name) values ('staff'), (${AWKWARD});
insert into auth.permissions values ('wiki:read', 'wiki', 'read');
insert into auth.role_permissions values ('staff', 'wiki:read');
insert into auth.user_roles select id, 'staff' from auth.users;
insert into auth.sessions (id, user_id, session_epoch, factors, idle_timeout, expires_at)
  values ('${SIGN_IN}', '${UNA}', 7, '{"password": 1}', '1 day 02:03:04.5', now() + interval '1 day');
insert into auth.session_tokens values (sha256('t'), '${SIGN_IN}', null, '{}');
insert into auth.changes (kind) values ('policy');
insert into auth.api_tokens (user_id, name, token_hash, prefix, apps, networks, expires_at)
  values ('${UNA}', 'ci', sha256('a'), 'pa1', array['a', 'b,c', ${AWKWARD}, null], '{}', 'infinity');
insert into auth.app_notices (app, text, set_by) values ('wiki', ${AWKWARD}, 'una');
insert into auth.attempts (key, side, factor, subject, user_id, network, failures, last_at, stopped_until)
  values (sha256('k'), 'network', 'password', '\\x00ff', '${UNA}', '2001:db8::/32', 3, now(), 'infinity');
insert into auth.anomalies (kind, subject) values ('burst', ${AWKWARD});
insert into auth.decision_sums values (date_trunc('hour', now()), null, 'wiki', 'allow', 9223372036854775807);
insert into auth.decisions (id, kind, sampled, policy_version, path, client_address, roles, factor_ages)
  values ('00112233aabb', 'allow', true, 1, ${AWKWARD}, '192.0.2.1', '{"a b",c}', '{1,2}');
insert into auth.devices (user_id, token_hash, ip_address, trusted_until, trusted_epoch)
  values ('${UNA}', sha256('d'), '192.0.2.0/24', now() + interval '9 days', 7);
insert into auth.event_sums values (now(), '{"sign_in success": 12, "n": 1.50, "big": 123456789012345678901234567890}');
insert into auth.failed_names values (now(), '*', '\\x01');
insert into auth.failed_name_counts values (now(), '*', 3);
insert into auth.grants (user_id, role_name, reason, granted_by, ends_at) values ('${UNA}', 'staff', 'x', 'y', now() + interval '1 day');
insert into auth.idempotency_keys (owner_id, key_hash, fingerprint) values ('${UNA}', sha256('i'), sha256('f'));
insert into auth.mail_outbox (user_id, recipient, kind) values ('${UNA}', 'una@example.com', 'reset');
insert into auth.network_sightings values ('${UNA}', '192.0.2.0/24');
insert into auth.one_time_tokens (token_hash, purpose, details, expires_at) values
  (sha256('r'), 'reset', '{"userId": "${UNA}"}', now() + interval '1 hour'),
  (sha256('n'), 'invitation', '{"id": "${UNA}", "null": null, "text": "\\\\u00e4\\\\n"}', now() + interval '1 hour');
insert into auth.password_history (user_id, password_hash) values ('${UNA}', 'old'), ('${UNA}', 'older');
delete from auth.password_history where password_hash = 'older';
insert into auth.policies (source, digest, applied_by, reason) values ('version: 1', sha256('p'), 'una', ${AWKWARD});
insert into auth.recovery_codes values ('${UNA}', sha256('c'));
insert into auth.totp_devices values (gen_random_uuid(), '${UNA}', 'phone', '\\xdeadbeef', 9223372036854775806);
insert into auth.webauthn_credentials (id, user_id, name, credential_id, sealed_public_key, sign_count, backup_eligible, backed_up, user_verified)
  values (gen_random_uuid(), '${UNA}', 'key', '\\x', '\\x00', 4294967295, true, false, true);
insert into auth.audit_deliveries (sink, next_batch) values ('webhook', 1);
insert into auth.auth_audit_log (occurred_at, event_type, result, actor_login, ip_address, user_agent, risk_score, details)
  select now() - n * interval '9 days', 'sign_in', 'success', 'una', '192.0.2.9', ${AWKWARD}, 5, jsonb_build_object('n', n, 't', ${AWKWARD})
  from generate_series(0, 20) n;
`
/** Tables that later migrations brought: filled where they are. */
const LATER: Readonly<Record<string, string>> = {
  ended_keys: `insert into auth.ended_keys (id, purpose, created_at, ended_at) values (900, 'token', now(), now())`,
}

/** Something in every table, under keys of its own, with a record that is sealed. */
export async function fill(database: Database): Promise<Keys> {
  const keys = await openKeys(database, [SECRET], recordKey)
  await fillRows(database)
  await sealBatch(database, createChainSigner(keys.audit))
  return keys
}

/** Something in every table but `keys`. */
export async function fillRows(database: Database): Promise<void> {
  await database.withConnection((connection) => connection.script(FILL))
  const tables = new Set(await tableNames(database))
  for (const [name, text] of Object.entries(LATER))
    if (tables.has(name)) await database.withConnection((connection) => connection.script(text))
}

const TABLES = statement<[], { name: string }>(
  'tables',
  `select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'auth' and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
)

/** Of the schema, those in partitions as one. */
export async function tableNames(database: Database): Promise<string[]> {
  return (await database.query(TABLES)).map(({ name }) => name)
}

/** Every row of a table as text, in an order of its own. */
export async function rowsIn(database: Database, table: string): Promise<string[]> {
  const rows = await database.query(
    statement<[], { line: string }>('rows_in', `select to_jsonb(t)::text as line from auth.${table} t`),
  )
  return rows.map(({ line }) => line).toSorted()
}

export function backUpTo(file: string, database: Database, secrets: readonly string[] = [SECRET]): Promise<BackupMade> {
  return makeBackup({
    database,
    secretKeys: secrets,
    passphrase: PASSPHRASE,
    program: '0.0.0-test',
    now: new Date(),
    write: (parts) => writeFileWhole(file, parts, false),
    onRows: () => {},
  })
}

export function openTestBackup(file: string, passphrase = PASSPHRASE): Promise<OpenBackup> {
  return openBackup(file, async () => passphrase)
}

export async function restoreTo(
  database: Database,
  file: string,
  secrets: readonly string[] = [OTHER_SECRET],
  migrations = MIGRATIONS,
): Promise<void> {
  const backup = await openTestBackup(file)
  const alone = { onRead: () => {}, refuseOthers: async () => {}, record: async () => {} }
  await loadBackup({ database, backup, secretKeys: secrets, migrations, ...alone })
}
