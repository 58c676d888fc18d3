import { webhookUrl } from './audit-sinks.ts'
import { databaseUrl, replicaUrl } from './database-address.ts'
import { pemCertificates, pemKey } from './pem.ts'
import { redisAddress } from './redis-address.ts'
import { setting } from './setting.ts'
import { smtpAddress } from './smtp-address.ts'
import { headerList, secretList, text } from './values.ts'

/** Settings whose values never appear in logs, errors or output; best given as files by NAME_FILE. */
export const SECRETS = {
  databaseUrl: setting(
    'POSTERN_DATABASE_URL',
    databaseUrl,
    null,
    'PostgreSQL to use, such as postgres://postern@db/postern. Without it the embedded database is used. Several servers, of which the one that takes writes is used: postgres://postern@db1,db2/postern. Connections that leave the machine are encrypted and verified unless the URL says otherwise by sslmode, see docs/postgres.md.',
  ),
  databaseReadUrl: setting(
    'POSTERN_DATABASE_READ_URL',
    replicaUrl,
    null,
    'A standby of POSTERN_DATABASE_URL, or several, that answers lists, searches and exports while it is as new as the question; everything else is asked of the primary.',
  ),
  redisUrl: setting(
    'POSTERN_REDIS_URL',
    redisAddress,
    null,
    'Redis 6.2 or later, or Valkey, that spares the database questions; sign-ins go on without it. One server: redis://user:password@host:6379/0. Sentinels: redis+sentinel://host:26379,host:26379/master-name/0. A cluster: redis+cluster://host:6379,host:6379. With rediss in place of redis for TLS.',
  ),
  redisSentinelPassword: setting(
    'POSTERN_REDIS_SENTINEL_PASSWORD',
    text,
    null,
    'Password of the sentinels themselves, where they want one; that of the servers stands in POSTERN_REDIS_URL.',
  ),
  redisCa: setting(
    'POSTERN_REDIS_CA',
    pemCertificates,
    null,
    'For rediss: certificates (PEM) of the authorities that Redis and sentinels are believed by, in place of those that Node knows. Given as a file, by POSTERN_REDIS_CA_FILE.',
  ),
  redisCertificate: setting(
    'POSTERN_REDIS_CERTIFICATE',
    pemCertificates,
    null,
    'For rediss: the certificate (PEM) that Postern shows where Redis wants one. Given as a file, by POSTERN_REDIS_CERTIFICATE_FILE.',
  ),
  redisKey: setting(
    'POSTERN_REDIS_KEY',
    pemKey,
    null,
    'The private key (PEM) of POSTERN_REDIS_CERTIFICATE. Given as a file, by POSTERN_REDIS_KEY_FILE.',
  ),
  smtpUrl: setting(
    'POSTERN_SMTP_URL',
    smtpAddress,
    null,
    'Mail server that takes our mails: smtps://user:password@host:465 for TLS, smtp://user:password@host:587 for STARTTLS, which is demanded unless the host is this machine. Without it nobody gets mails, and links are made by commands.',
  ),
  secretKey: setting(
    'POSTERN_SECRET_KEY',
    secretList,
    null,
    'At least 32 bytes that wrap the keys kept in the database; two, comma separated, re-wrap them under the first. Generated into the data folder with the embedded database, mandatory with PostgreSQL.',
  ),
  proxySecret: setting(
    'POSTERN_PROXY_SECRET',
    secretList,
    null,
    'At least 32 bytes that the proxy must send as X-Postern-Secret; two, comma separated, while one replaces the other.',
  ),
  importPepper: setting(
    'POSTERN_IMPORT_PEPPER',
    text,
    null,
    'What another program mixed into its passwords before bcrypt, for hashes that are imported without their own; needed until everybody has signed in once.',
  ),
  basicPassword: setting(
    'POSTERN_BASIC_PASSWORD',
    text,
    null,
    'Password beside the login in {basic}, for apps that only know Basic authentication and take no other password than this; empty by default.',
  ),
  backupPassphrase: setting(
    'POSTERN_BACKUP_PASSPHRASE',
    text,
    null,
    'At least 12 characters that `postern backup` encrypts by, and that `postern restore` needs again; only these two commands read it. Keep it elsewhere than the backups: without it they are of no use.',
  ),
  tracesHeaders: setting(
    'POSTERN_TRACES_HEADERS',
    headerList,
    null,
    'Headers that the collector of POSTERN_TRACES_URL wants, as name=value between commas, such as Authorization=Bearer abc.',
  ),
  auditWebhookUrl: setting(
    'POSTERN_AUDIT_WEBHOOK_URL',
    webhookUrl,
    null,
    'Where the audit log is posted as JSON lines, from the moment that this is set, such as https://siem.example.com/postern. What fails is tried again until it is taken.',
  ),
  auditWebhookSecret: setting(
    'POSTERN_AUDIT_WEBHOOK_SECRET',
    secretList,
    null,
    'At least 32 bytes that sign what is posted to POSTERN_AUDIT_WEBHOOK_URL; two, comma separated, while one replaces the other, give a signature each.',
  ),
} as const
