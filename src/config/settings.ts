import type { SECRETS } from './secrets.ts'
import { setting } from './setting.ts'
import type { Setting } from './setting.ts'
import { API_SETTINGS } from './settings-api.ts'
import { LIMITS_SETTINGS } from './settings-limits.ts'
import { DATABASE_SETTINGS } from './settings-database.ts'
import { AUDIT_SETTINGS } from './settings-audit.ts'
import { LOOK_SETTINGS } from './settings-look.ts'
import { OBSERVE_SETTINGS } from './settings-observe.ts'
import { TLS_SETTINGS } from './settings-tls.ts'
import { TRACES_SETTINGS } from './settings-traces.ts'
import { mailFrom } from './smtp-address.ts'
import {
  domainName,
  duration,
  group,
  listenAddress,
  networks,
  oneOf,
  text,
  upstream,
  webUrl,
  wholeNumber,
  yesNo,
} from './values.ts'
import { Mistake } from './values.ts'
import type { Reader } from './values.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const DEFAULT_TRUSTED_PROXIES = '127.0.0.0/8, ::1/128'
/** The path that belongs to Postern on every app host; the portal too is served there unless it has a host of its own. */
export const PORTAL_PATH = '/.postern'

/** Everything an operator can set, but for secrets. The source of parsing, of the example file and of the reference. */
export const SETTINGS = {
  listen: setting(
    'POSTERN_LISTEN',
    listenAddress,
    '127.0.0.1:9080',
    'Where the portal is served; with an upstream, the protected app too.',
  ),
  verifyListen: setting(
    'POSTERN_VERIFY_LISTEN',
    listenAddress,
    '127.0.0.1:9081',
    'Where the proxy asks. A Unix socket, unix:/run/postern/verify.sock, is the fastest and safest.',
  ),
  opsListen: setting(
    'POSTERN_OPS_LISTEN',
    listenAddress,
    '127.0.0.1:9082',
    'Where /ping, /health, /health/detail and /metrics are served. Keep it away from visitors.',
  ),
  socketGroup: setting(
    'POSTERN_SOCKET_GROUP',
    group,
    null,
    'Group, by name or number, that may use our Unix sockets, such as that of nginx (www-data on Debian); by default the group that Postern runs as.',
  ),
  publicUrl: setting(
    'POSTERN_PUBLIC_URL',
    webUrl,
    null,
    `Where visitors reach the portal: a host of its own, such as https://auth.example.com, or a protected app's host with the path ${PORTAL_PATH}, such as https://app.example.com${PORTAL_PATH}. Without it Postern serves http://localhost at the port of POSTERN_LISTEN.`,
  ),
  sessionScope: setting(
    'POSTERN_SESSION_SCOPE',
    oneOf('host', 'domain'),
    'host',
    `host: each app host gets a cookie of its own that counts there alone, over any domains; their proxies send ${PORTAL_PATH}/ to Postern. domain: all hosts below POSTERN_COOKIE_DOMAIN share one cookie, and any of them that is broken into can use it on the others.`,
  ),
  cookieDomain: setting(
    'POSTERN_COOKIE_DOMAIN',
    domainName,
    null,
    'For the session scope domain: the domain that the portal and its apps share, such as example.com. Hosts elsewhere still get cookies of their own.',
  ),
  upstream: setting(
    'POSTERN_UPSTREAM',
    upstream,
    null,
    'Proxy mode: the app that Postern itself stands in front of, such as http://127.0.0.1:3000. demo is the bundled one, off is none. By default demo without POSTERN_PUBLIC_URL, off with it.',
  ),
  dataDir: setting(
    'POSTERN_DATA_DIR',
    text,
    './data',
    'Folder of the embedded database and what belongs to it; not used with POSTERN_DATABASE_URL.',
  ),
  ...DATABASE_SETTINGS,
  workers: setting(
    'POSTERN_WORKERS',
    wholeNumber(1, 64),
    '1',
    'Processes that answer on this machine, such as one for each core. More than one needs PostgreSQL; SIGHUP then replaces them one by one, while one alone ends on it.',
  ),
  policyFile: setting(
    'POSTERN_POLICY_FILE',
    text,
    null,
    'Policy file that is applied at start and whenever it changes.',
  ),
  trustedProxies: setting(
    'POSTERN_TRUSTED_PROXIES',
    networks,
    DEFAULT_TRUSTED_PROXIES,
    'Networks of the proxies whose word on the original request and on client addresses counts; peers on our Unix sockets always count.',
  ),
  verifyWithoutSecret: setting(
    'POSTERN_VERIFY_WITHOUT_SECRET',
    yesNo,
    'no',
    'Allow a verify listener on the network without POSTERN_PROXY_SECRET, for proxies that cannot send one.',
  ),
  expressLane: setting(
    'POSTERN_EXPRESS_LANE',
    oneOf('auto', 'off'),
    'auto',
    'auto: where the proxy asks over a Unix socket or loopback, simple requests are answered by a strict reader of our own, which takes less time, and all others by the ordinary HTTP server. off: every request by that.',
  ),
  ...TLS_SETTINGS,
  autheliaPaths: setting(
    'POSTERN_AUTHELIA_PATHS',
    yesNo,
    'no',
    'Answer on the verify listener under the addresses of Authelia as well, /api/authz/auth-request, /api/authz/forward-auth and /api/authz/ext-authz/, for proxies that were set up for it.',
  ),
  allowHttp: setting(
    'POSTERN_ALLOW_HTTP',
    yesNo,
    'no',
    'Allow a public URL without TLS on a host other than localhost. Sign-ins can then be read on the network.',
  ),
  idleTimeout: setting(
    'POSTERN_IDLE_TIMEOUT',
    duration(5 * MINUTE_MS, 30 * DAY_MS),
    '8h',
    'A sign-in ends when unused for this long.',
  ),
  absoluteTimeout: setting(
    'POSTERN_ABSOLUTE_TIMEOUT',
    duration(5 * MINUTE_MS, 30 * DAY_MS),
    '24h',
    'A sign-in ends after this long in any case.',
  ),
  sessionRemember: setting(
    'POSTERN_SESSION_REMEMBER',
    zeroOr(duration(5 * MINUTE_MS, 30 * DAY_MS)),
    '30d',
    'How long a sign-in lasts, used or not, when the person chose to stay signed in on the device; its cookies then outlive the closing of the browser. 0 does not offer it.',
  ),
  deviceTrust: setting(
    'POSTERN_DEVICE_TRUST',
    zeroOr(duration(60 * MINUTE_MS, 90 * DAY_MS)),
    '30d',
    'How long a device can be trusted on which somebody gave the second factor, so that signing in there asks for the password alone. 0 does not offer it. Rules that ask for two factors ask on every device.',
  ),
  ...LIMITS_SETTINGS,
  ...API_SETTINGS,
  outageGrace: setting(
    'POSTERN_OUTAGE_GRACE',
    duration(0, 60 * MINUTE_MS),
    '60s',
    'While the database is out of reach, people who are signed in pass for this long on what memory holds.',
  ),
  passwordMinLength: setting(
    'POSTERN_PASSWORD_MIN_LENGTH',
    wholeNumber(8, 64),
    '12',
    'Fewest characters of a new password.',
  ),
  passwordClasses: setting(
    'POSTERN_PASSWORD_CLASSES',
    wholeNumber(0, 4),
    '0',
    'For who must: how many of lower-case letters, upper-case letters, digits and other characters a new password has to have. Length does more.',
  ),
  passwordHistory: setting(
    'POSTERN_PASSWORD_HISTORY',
    wholeNumber(0, 24),
    '5',
    "How many of somebody's passwords, the current one among them, can not be chosen again. The current one never can.",
  ),
  mailFrom: setting(
    'POSTERN_MAIL_FROM',
    mailFrom,
    null,
    'Who mails are from, such as auth@example.com or Example sign-in <auth@example.com>; needed with POSTERN_SMTP_URL.',
  ),
  ...LOOK_SETTINGS,
  auditRetention: setting(
    'POSTERN_AUDIT_RETENTION',
    wholeNumber(30, 36_500),
    '400',
    'Days for which the audit log is kept. Whole months are removed once all of a month is older.',
  ),
  ...AUDIT_SETTINGS,
  ...OBSERVE_SETTINGS,
  ...TRACES_SETTINGS,
  logLevel: setting(
    'POSTERN_LOG_LEVEL',
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'info',
    'How much is logged, as JSON lines on standard output.',
  ),
  decisionSample: setting(
    'POSTERN_DECISION_SAMPLE',
    wholeNumber(0, 1_000_000),
    '1000',
    'Of the requests that pass one in so many is a line in the log; 0 for none. What is refused always is.',
  ),
} as const

export type Values<Table extends Record<string, Setting<unknown>>> = {
  readonly [Key in keyof Table]: Table[Key] extends Setting<infer T>
    ? Table[Key]['fallback'] extends null
      ? T | null
      : T
    : never
}

/** What may be logged and shown. `publicUrl` and `upstream` are resolved; the portal's path is that of `publicUrl`. */
export type Config = Omit<Values<typeof SETTINGS>, 'publicUrl' | 'upstream'> & {
  readonly publicUrl: URL
  readonly upstream: URL | 'demo' | null
}
export type Secrets = Values<typeof SECRETS>
export type LoadedConfig = { readonly config: Config; readonly secrets: Secrets }

/** Environment variables by name, as `process.env` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A plain 0 turns off what the reader is for. */
function zeroOr(read: Reader<number>): Reader<number> {
  return (value) => {
    const given = value === '0' ? 0 : read(value)
    return given instanceof Mistake ? new Mistake(`${given.sentence}, or 0`) : given
  }
}
