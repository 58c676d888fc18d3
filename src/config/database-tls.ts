import { Mistake } from './values.ts'

export type TlsMode = 'disable' | 'require' | 'verify-ca' | 'verify-full'

/** How the server is to prove itself, and we to it; paths of PEM files. */
export interface DatabaseTls {
  /** Null where the URL says nothing: plain to this machine, `verify-full` to any other. */
  readonly mode: TlsMode | null
  /** Null for the authorities that Node trusts. */
  readonly rootCert: string | null
  readonly certificate: { readonly certPath: string; readonly keyPath: string } | null
}

/** Parameters of the URL, by their names. */
export interface TlsParameters {
  readonly ssl?: string
  readonly sslmode?: string
  readonly sslrootcert?: string
  readonly sslcert?: string
  readonly sslkey?: string
}

const MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i

/** Reads what a URL says of it, as libpq means it (PostgreSQL, 34.19). */
export function readDatabaseTls({ ssl, sslmode, sslrootcert, sslcert, sslkey }: TlsParameters): DatabaseTls | Mistake {
  if (ssl !== undefined && (ssl !== 'true' || sslmode !== undefined)) {
    return new Mistake('must say sslmode in place of ssl: disable, require, verify-ca or verify-full')
  }
  const mode = readMode(ssl === undefined ? sslmode : 'require')
  if (mode instanceof Mistake) return mode
  const rootCert = sslrootcert === 'system' ? null : (sslrootcert ?? null)
  if ((sslcert === undefined) !== (sslkey === undefined))
    return new Mistake('must name both sslcert and sslkey, or neither')
  if (mode === 'verify-ca' && rootCert === null) {
    return new Mistake(
      'must name the authority by sslrootcert with sslmode=verify-ca: anybody gets certificates of public ones',
    )
  }
  if (sslrootcert === 'system' && mode !== null && mode !== 'verify-full') {
    return new Mistake('must have sslmode=verify-full with sslrootcert=system')
  }
  const certificate = sslcert === undefined || sslkey === undefined ? null : { certPath: sslcert, keyPath: sslkey }
  const isMeant = sslrootcert !== undefined || certificate !== null
  return { mode: mode ?? (isMeant ? 'verify-full' : null), rootCert, certificate }
}

/** How connections to a host are secured; a Unix socket never leaves the machine. */
export function tlsModeFor({ mode }: DatabaseTls, host: string): TlsMode {
  if (host.startsWith('/')) return 'disable'
  return mode ?? (LOOPBACK.test(host) ? 'disable' : 'verify-full')
}

function readMode(text: string | undefined): TlsMode | null | Mistake {
  if (text === undefined) return null
  const mode = MODES.find((each) => each === text)
  if (mode !== undefined) return mode
  return new Mistake(
    'must have an sslmode of disable, require, verify-ca or verify-full; allow and prefer promise nothing',
  )
}
