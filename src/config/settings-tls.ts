import { readHost } from '../lib/host.ts'
import { setting } from './setting.ts'
import { Mistake } from './values.ts'
import type { Reader } from './values.ts'

/** Path of a file that is read again while the program runs. What was given is never told back: it may be a key. */
const file: Reader<string> = (value) =>
  /^\/[^\0\n]+$/.test(value) ? value : new Mistake('expects the whole path of a PEM file, such as /etc/postern/tls.pem')

/** Names of hosts between commas, none of which stands for others. */
const hostNames: Reader<readonly string[]> = (value) => {
  const names = value.split(',').map((name) => readHost(name.trim()))
  const isList = names.every((host) => host !== null && host.port === null && /[a-z]/.test(host.name))
  return isList
    ? names.map((host) => host?.name ?? '')
    : new Mistake('expects names of hosts between commas, such as nginx.internal, and not addresses or wildcards')
}

/** How our own listeners speak TLS. */
export const TLS_SETTINGS = {
  tlsCertificateFile: setting(
    'POSTERN_TLS_CERTIFICATE_FILE',
    file,
    null,
    'Certificate (PEM) and after it those between it and its authority, such as fullchain.pem. With it POSTERN_LISTEN and POSTERN_VERIFY_LISTEN speak TLS 1.3 where they are ports; Unix sockets never do. A renewed one is taken over within seconds, without a restart.',
  ),
  tlsKeyFile: setting(
    'POSTERN_TLS_KEY_FILE',
    file,
    null,
    'Private key (PEM, without a passphrase) of POSTERN_TLS_CERTIFICATE_FILE, which nobody but its owner and group may read.',
  ),
  verifyClientCaFile: setting(
    'POSTERN_VERIFY_CLIENT_CA_FILE',
    file,
    null,
    'Authorities (PEM) of which whoever asks at POSTERN_VERIFY_LISTEN must have a certificate, or the handshake fails; their revocation lists may stand in the same file. Takes the place of POSTERN_PROXY_SECRET.',
  ),
  verifyClientNames: setting(
    'POSTERN_VERIFY_CLIENT_NAMES',
    hostNames,
    null,
    'DNS names, between commas, one of which such a certificate must hold, such as nginx.internal; by default any certificate of these authorities counts.',
  ),
} as const
