import { PORTAL_PATH } from './settings.ts'
import type { Config, Environment, Secrets } from './settings.ts'
import { isLocal, Mistake, showListenAddress } from './values.ts'
import type { ListenAddress } from './values.ts'

/** Settings that are fine alone but not together, a sentence each. */
export function contradictions(config: Config, secrets: Secrets, environment: Environment): Mistake[] {
  const found = [
    ...publicUrlMistakes(config),
    ...verifyListenerMistakes(config, secrets, environment),
    secrets.databaseUrl !== null &&
      secrets.secretKey === null &&
      'POSTERN_SECRET_KEY must be set with POSTERN_DATABASE_URL. Make one: openssl rand -base64 32.',
    config.idleTimeout > config.absoluteTimeout &&
      'POSTERN_IDLE_TIMEOUT is longer than POSTERN_ABSOLUTE_TIMEOUT; make it the same or shorter.',
    ...sharedAddresses([config.listen, config.verifyListen, config.opsListen]),
  ]
  return found.filter((sentence) => sentence !== false).map((sentence) => new Mistake(sentence))
}

function publicUrlMistakes({ publicUrl, allowHttp }: Config): (string | false)[] {
  const openHttp = publicUrl.protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(publicUrl.hostname)
  return [
    openHttp &&
      !allowHttp &&
      'POSTERN_PUBLIC_URL must begin with https://, or set POSTERN_ALLOW_HTTP=yes if the network is trusted.',
    publicUrl.pathname.replace(/\/$/, '') !== PORTAL_PATH &&
      `POSTERN_PUBLIC_URL must end with ${PORTAL_PATH}, such as ${publicUrl.origin}${PORTAL_PATH}.`,
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
      !config.verifyWithoutSecret &&
      `${where}; set POSTERN_PROXY_SECRET, or POSTERN_VERIFY_WITHOUT_SECRET=yes for a proxy that can't send one.`,
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
