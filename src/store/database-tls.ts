import { readFileSync, statSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import type { DatabaseAddress, DatabaseHost } from '../config/database-address.ts'
import { tlsModeFor } from '../config/database-tls.ts'
import { OperatorError } from '../errors.ts'

/** A key that others on the machine may read is no secret. */
const OTHERS_MAY = 0o077
const GROUP_MAY_READ = 0o040

/** What TLS to a host of the address is asked for; false for none. */
export type TlsFor = (host: DatabaseHost) => ConnectionOptions | false

/**
 * Reads the files that the address names. They are read again for later connections, so that certificates can be
 * renewed; one that can't be read any more stays as it was.
 * @throws OperatorError when one can't be read, or others may read the key
 */
export function openDatabaseTls({ tls }: DatabaseAddress): TlsFor {
  const { rootCert, certificate } = tls
  if (certificate !== null) refuseOpenKey(certificate.keyPath)
  const ca = rootCert === null ? null : keptFile('sslrootcert', rootCert)
  const cert = certificate === null ? null : keptFile('sslcert', certificate.certPath)
  const key = certificate === null ? null : keptFile('sslkey', certificate.keyPath)
  return (host) => {
    const mode = tlsModeFor(tls, host.host)
    if (mode === 'disable') return false
    return {
      ...(ca !== null && { ca: ca() }),
      ...(cert !== null && key !== null && { cert: cert(), key: key() }),
      // As libpq reads it: an authority that is named is asked for its word, also by `require`. Said in any case, since
      // NODE_TLS_REJECT_UNAUTHORIZED changes what counts unsaid.
      rejectUnauthorized: mode !== 'require' || ca !== null,
      ...((mode === 'verify-ca' || mode === 'require') && { checkServerIdentity: () => undefined }),
    }
  }
}

function keptFile(parameter: string, path: string): () => string {
  let kept = readGiven(parameter, path)
  return () => {
    try {
      kept = readFileSync(path, 'utf8')
    } catch {
      // While it is replaced; what was read before goes on to count.
    }
    return kept
  }
}

function readGiven(parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const message = `The ${parameter} of the database's URL can't be read: ${path}. Check its path and permissions.`
    throw new OperatorError(message, 2, { cause: error })
  }
}

/** As libpq: a key of root may be read by a group. */
function refuseOpenKey(path: string): void {
  const state = statSync(path, { throwIfNoEntry: false })
  if (state === undefined) return
  const allowed = state.uid === 0 ? GROUP_MAY_READ : 0
  if ((state.mode & OTHERS_MAY & ~allowed) === 0) return
  throw new OperatorError(`The sslkey of the database's URL can be read by others: chmod 600 ${path}`, 2)
}
