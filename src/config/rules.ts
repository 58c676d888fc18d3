import { PORTAL_PATH } from './settings.ts'
import type { Config, Environment, Secrets } from './settings.ts'
import { isInDomain, isLocal, Mistake, showListenAddress } from './values.ts'
import type { ListenAddress } from './values.ts'

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Settings that are fine alone but not together, a sentence each. */
export function contradictions(config: Config, secrets: Secrets, environment: Environment): Mistake[] {
  const found = [
    ...publicUrlMistakes(config),
    ...sessionScopeMistakes(config),
    ...verifyListenerMistakes(config, secrets, environment),
    ...tlsMistakes(config),
    secrets.databaseUrl !== null &&
      secrets.secretKey === null &&
      'POSTERN_SECRET_KEY must be set with POSTERN_DATABASE_URL. Make one: openssl rand -base64 32.',
    secrets.databaseUrl === null &&
      secrets.databaseReadUrl !== null &&
      'POSTERN_DATABASE_READ_URL only counts with POSTERN_DATABASE_URL; set that as well, or drop it.',
    secrets.databaseUrl === null &&
      config.workers > 1 &&
      'POSTERN_WORKERS is more than 1, but the embedded database is for one process; set POSTERN_DATABASE_URL, or leave it at 1.',
    config.workers > config.databasePool &&
      'POSTERN_WORKERS is more than POSTERN_DATABASE_POOL; each worker needs a connection of its own.',
    ...redisMistakes(secrets),
    secrets.smtpUrl !== null &&
      config.mailFrom === null &&
      'POSTERN_MAIL_FROM must be set with POSTERN_SMTP_URL, such as auth@example.com.',
    secrets.smtpUrl === null &&
      config.mailFrom !== null &&
      'POSTERN_MAIL_FROM only counts with POSTERN_SMTP_URL; set that as well, or drop it.',
    secrets.tracesHeaders !== null &&
      config.tracesUrl === null &&
      'POSTERN_TRACES_HEADERS only counts with POSTERN_TRACES_URL; set that as well, or drop it.',
    config.idleTimeout > config.absoluteTimeout &&
      'POSTERN_IDLE_TIMEOUT is longer than POSTERN_ABSOLUTE_TIMEOUT; make it the same or shorter.',
    config.sessionRemember > 0 &&
      config.sessionRemember < config.absoluteTimeout &&
      'POSTERN_SESSION_REMEMBER is shorter than POSTERN_ABSOLUTE_TIMEOUT; make it longer, or 0 to offer nothing.',
    ...auditMistakes(config, secrets),
    ...sharedAddresses([config.listen, config.verifyListen, config.opsListen]),
  ]
  return found.filter((sentence) => sentence !== false).map((sentence) => new Mistake(sentence))
}

function publicUrlMistakes({ publicUrl, allowHttp, upstream }: Config): (string | false)[] {
  const openHttp = publicUrl.protocol === 'http:' && !LOOPBACK.has(publicUrl.hostname)
  const path = publicUrl.pathname.replace(/\/$/, '')
  return [
    openHttp &&
      !allowHttp &&
      'POSTERN_PUBLIC_URL must begin with https://, or set POSTERN_ALLOW_HTTP=yes if the network is trusted.',
    path !== '' &&
      path !== PORTAL_PATH &&
      `POSTERN_PUBLIC_URL must have no path, for a host of its own, or ${PORTAL_PATH}, such as ${publicUrl.origin}${PORTAL_PATH}.`,
    path === '' &&
      upstream !== null &&
      `POSTERN_PUBLIC_URL must end with ${PORTAL_PATH} with POSTERN_UPSTREAM: all else on that host is the app's. Set ${publicUrl.origin}${PORTAL_PATH}.`,
  ]
}

function redisMistakes(secrets: Secrets): (string | false)[] {
  const { redisUrl, redisSentinelPassword, redisCa, redisCertificate, redisKey } = secrets
  const forTls = { POSTERN_REDIS_CA: redisCa, POSTERN_REDIS_CERTIFICATE: redisCertificate, POSTERN_REDIS_KEY: redisKey }
  const unused = redisUrl?.tls === true ? [] : Object.entries(forTls).filter(([, value]) => value !== null)
  return [
    redisSentinelPassword !== null &&
      redisUrl?.kind !== 'sentinel' &&
      'POSTERN_REDIS_SENTINEL_PASSWORD is only for a POSTERN_REDIS_URL that begins with redis+sentinel:// or rediss+sentinel://.',
    ...unused.map(
      ([name]) => `${name} only counts with a POSTERN_REDIS_URL that begins with rediss; write it so, or drop it.`,
    ),
    (redisCertificate === null) !== (redisKey === null) &&
      'POSTERN_REDIS_CERTIFICATE and POSTERN_REDIS_KEY go together; set both, or neither.',
  ]
}

function auditMistakes({ allowHttp }: Config, secrets: Secrets): (string | false)[] {
  const { auditWebhookUrl: url, auditWebhookSecret: secret } = secrets
  const openHttp = url?.protocol === 'http:' && !LOOPBACK.has(url.hostname)
  return [
    url !== null &&
      secret === null &&
      'POSTERN_AUDIT_WEBHOOK_SECRET must be set with POSTERN_AUDIT_WEBHOOK_URL. Make one: openssl rand -base64 32.',
    url === null &&
      secret !== null &&
      'POSTERN_AUDIT_WEBHOOK_SECRET only counts with POSTERN_AUDIT_WEBHOOK_URL; set that as well, or drop it.',
    openHttp &&
      !allowHttp &&
      'POSTERN_AUDIT_WEBHOOK_URL must begin with https://, or set POSTERN_ALLOW_HTTP=yes if the network is trusted.',
  ]
}

function sessionScopeMistakes({ sessionScope, cookieDomain, publicUrl }: Config): (string | false)[] {
  const covers = cookieDomain !== null && isInDomain(publicUrl.hostname, cookieDomain)
  return [
    sessionScope === 'domain' &&
      cookieDomain === null &&
      'POSTERN_COOKIE_DOMAIN must be set with POSTERN_SESSION_SCOPE=domain, such as example.com.',
    sessionScope === 'host' &&
      cookieDomain !== null &&
      'POSTERN_COOKIE_DOMAIN only counts with POSTERN_SESSION_SCOPE=domain; set that as well, or drop it.',
    sessionScope === 'domain' &&
      cookieDomain !== null &&
      !covers &&
      `POSTERN_COOKIE_DOMAIN=${cookieDomain} does not hold the host of POSTERN_PUBLIC_URL, ${publicUrl.hostname}.`,
  ]
}

function verifyListenerMistakes(config: Config, secrets: Secrets, environment: Environment): (string | false)[] {
  if (isLocal(config.verifyListen)) return []
  // Set to nothing it falls back to the default, as if it weren't there.
  const namesPeers =
    (environment['POSTERN_TRUSTED_PROXIES'] ?? '') !== '' || environment['POSTERN_TRUSTED_PROXIES_FILE'] !== undefined
  const where = `POSTERN_VERIFY_LISTEN=${showListenAddress(config.verifyListen)} can be reached from the network`
  return [
    !namesPeers && `${where}; set POSTERN_TRUSTED_PROXIES to the addresses of your proxies.`,
    secrets.proxySecret === null &&
      config.verifyClientCaFile === null &&
      !config.verifyWithoutSecret &&
      `${where}; set POSTERN_PROXY_SECRET or POSTERN_VERIFY_CLIENT_CA_FILE, or POSTERN_VERIFY_WITHOUT_SECRET=yes for a proxy that can't send one.`,
  ]
}

function tlsMistakes(config: Config): (string | false)[] {
  const { tlsCertificateFile: certificate, tlsKeyFile: key, verifyClientCaFile: ca, listen, verifyListen } = config
  return [
    certificate !== null &&
      key === null &&
      'POSTERN_TLS_KEY_FILE must be set with POSTERN_TLS_CERTIFICATE_FILE: the path of its private key.',
    certificate === null &&
      key !== null &&
      'POSTERN_TLS_KEY_FILE only counts with POSTERN_TLS_CERTIFICATE_FILE; set that as well, or drop it.',
    certificate !== null &&
      listen.kind === 'unix' &&
      verifyListen.kind === 'unix' &&
      'POSTERN_TLS_CERTIFICATE_FILE is of no use while both listeners are Unix sockets, which never speak TLS; drop it.',
    certificate !== null &&
      listen.kind === 'tcp' &&
      config.publicUrl.protocol === 'http:' &&
      'POSTERN_PUBLIC_URL must begin with https:// with POSTERN_TLS_CERTIFICATE_FILE.',
    ca !== null &&
      (certificate === null || verifyListen.kind === 'unix') &&
      'POSTERN_VERIFY_CLIENT_CA_FILE only counts where POSTERN_VERIFY_LISTEN is a port that speaks TLS; set POSTERN_TLS_CERTIFICATE_FILE and such an address, or drop it.',
    ca === null &&
      config.verifyClientNames !== null &&
      'POSTERN_VERIFY_CLIENT_NAMES only counts with POSTERN_VERIFY_CLIENT_CA_FILE; set that as well, or drop it.',
  ]
}

function sharedAddresses(addresses: readonly ListenAddress[]): string[] {
  const shown = addresses.filter((address) => address.kind === 'unix' || address.port !== 0).map(showListenAddress)
  const doubled = shown.filter((address, index) => shown.indexOf(address) !== index)
  return [...new Set(doubled)].map(
    (address) =>
      `Two of POSTERN_LISTEN, POSTERN_VERIFY_LISTEN and POSTERN_OPS_LISTEN are ${address}; give each its own.`,
  )
}
