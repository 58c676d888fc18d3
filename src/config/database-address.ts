import { isIP, isIPv6 } from 'node:net'
import { readDatabaseTls } from './database-tls.ts'
import type { DatabaseTls } from './database-tls.ts'
import { Mistake } from './values.ts'

export interface DatabaseHost {
  /** A name, an address, or the absolute path of the folder that holds the server's Unix socket. */
  readonly host: string
  readonly port: number
}

export type WantedServer = 'any' | 'read-write' | 'primary' | 'standby'

/** Where PostgreSQL is and how to be let in. Holds a password, so it is never shown. */
export interface DatabaseAddress {
  readonly hosts: readonly DatabaseHost[]
  /** Null where PostgreSQL's own defaults count, as for `password` and `database`. */
  readonly user: string | null
  readonly password: string | null
  readonly database: string | null
  readonly wanted: WantedServer
  readonly connectTimeoutMs: number | null
  readonly applicationName: string | null
  /** Options of the command line that the server is given, such as `-c search_path=auth`. */
  readonly options: string | null
  readonly tls: DatabaseTls
}

const URL_PATTERN = /^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^/?#]*))?(?:\?([^#]*))?$/
const HOST_PATTERN = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._%-]*))(?::(\d{1,5}))?$/i
const NAME_PATTERN = /^[a-z0-9._-]+$/i
// oxlint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u0020\u007f]/
const DEFAULT_PORT = 5_432

const PARAMETERS = [
  'host',
  'port',
  'user',
  'password',
  'dbname',
  'target_session_attrs',
  'connect_timeout',
  'application_name',
  'options',
  'ssl',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
] as const
type Parameter = (typeof PARAMETERS)[number]
type Given = Readonly<Partial<Record<Parameter, string>>>

const EXPECTED = 'expects a URL such as postgres://user@host:5432/postern'
const ENCODED = 'must have what is special in user, password, hosts and name percent-encoded'
const TWICE = 'says the same thing twice; say it once'
const WANTED: Readonly<Record<string, WantedServer>> = {
  any: 'any',
  'read-write': 'read-write',
  primary: 'primary',
  standby: 'standby',
  'read-only': 'standby',
  'prefer-standby': 'standby',
}

/**
 * Reads a URL in libpq's form (PostgreSQL, 34.1.1), with one host or several. What libpq knows and we don't is refused,
 * as is what is said twice.
 */
export function readDatabaseAddress(value: string): DatabaseAddress | Mistake {
  try {
    return readAddress(value)
  } catch (error) {
    if (error instanceof Unfit) return new Mistake(error.message)
    throw error
  }
}

/** A URL whose server takes writes; kept as text. */
export function databaseUrl(value: string): string | Mistake {
  const address = readDatabaseAddress(value)
  if (address instanceof Mistake) return address
  return address.wanted === 'standby' || address.wanted === 'any'
    ? new Mistake(
        'must lead to a server that takes writes; leave target_session_attrs out, or say read-write or primary',
      )
    : value
}

/** A URL of standbys; kept as text. */
export function replicaUrl(value: string): string | Mistake {
  const address = readDatabaseAddress(value)
  if (address instanceof Mistake) return address
  return /target_session_attrs=(read-write|primary)/.test(value)
    ? new Mistake('must lead to standbys; leave target_session_attrs out, or say standby')
    : value
}

/** As it is told to people: without user and password. */
export function hostText({ host, port }: DatabaseHost): string {
  if (host.startsWith('/')) return `${host}/.s.PGSQL.${port}`
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** What can't be read, as a sentence for the operator that tells nothing of the text. */
class Unfit extends Error {}

function readAddress(value: string): DatabaseAddress {
  const [matched, userInfo, hostList = '', name = '', query = ''] = URL_PATTERN.exec(value) ?? []
  if (matched === undefined || UNPRINTABLE.test(value)) throw new Unfit(EXPECTED)
  const given = readParameters(query)
  const hosts = readHosts(hostList, given)
  const [user = '', password = ''] = readUser(userInfo)
  return {
    hosts,
    user: once(user, given.user),
    password: once(password, given.password),
    database: once(decode(name), given.dbname),
    wanted: readWanted(given.target_session_attrs, hosts.length),
    connectTimeoutMs: readTimeout(given.connect_timeout),
    applicationName: given.application_name ?? null,
    options: given.options ?? null,
    tls: must(readDatabaseTls(given)),
  }
}

function readParameters(query: string): Given {
  const given: Partial<Record<Parameter, string>> = {}
  for (const part of query === '' ? [] : query.split('&')) {
    const [, key = '', value = ''] = /^([^=]+)=([^=].*)$/.exec(part) ?? []
    const name = PARAMETERS.find((each) => each === key)
    if (name === undefined)
      throw new Unfit(`may have no other parameters than ${PARAMETERS.join(', ')}, each as name=value`)
    if (given[name] !== undefined) throw new Unfit(TWICE)
    given[name] = decode(value)
  }
  return given
}

function readHosts(list: string, { host, port }: Given): DatabaseHost[] {
  if (list !== '' && (host !== undefined || port !== undefined)) throw new Unfit(TWICE)
  if (list !== '') return list.split(',').map(readHost)
  const ports = port === undefined ? [] : port.split(',').map(readPort)
  const names = host === undefined ? ['localhost'] : host.split(',')
  if (ports.length > 1 && ports.length !== names.length) throw new Unfit('must name one port, or one for each host')
  return names.map((each, index) => ({ host: checkHost(each), port: ports[index] ?? ports[0] ?? DEFAULT_PORT }))
}

function readHost(text: string): DatabaseHost {
  const [, v6, name, digits] = HOST_PATTERN.exec(text) ?? []
  const port = digits === undefined ? DEFAULT_PORT : readPort(digits)
  if (v6 !== undefined) return { host: checkHost(v6), port }
  if (name === undefined || name === '') throw new Unfit(EXPECTED)
  return { host: checkHost(decode(name)), port }
}

function checkHost(host: string): string {
  const isFolder = /^\/[^,]*$/.test(host)
  if (isFolder || isIP(host) !== 0 || NAME_PATTERN.test(host)) return host
  throw new Unfit(EXPECTED)
}

function readPort(digits: string): number {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0
  if (port < 1 || port > 65_535) throw new Unfit('must have ports between 1 and 65535')
  return port
}

function readUser(text: string | undefined): string[] {
  if (text === undefined) return []
  const parts = text.split(':')
  if (parts.length > 2) throw new Unfit(ENCODED)
  return parts.map(decode)
}

function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text)
    if (!decoded.includes('\0')) return decoded
  } catch {
    // Told below.
  }
  throw new Unfit(ENCODED)
}

function once(place: string, parameter: string | undefined): string | null {
  if (place !== '' && parameter !== undefined) throw new Unfit(TWICE)
  return parameter ?? (place === '' ? null : place)
}

/** What a standby tells may be behind, so that none is meant unless the URL says so. */
function readWanted(text: string | undefined, hosts: number): WantedServer {
  if (text === undefined) return hosts > 1 ? 'read-write' : 'primary'
  const wanted = Object.hasOwn(WANTED, text) ? WANTED[text] : undefined
  if (wanted === undefined) throw new Unfit(`must have a target_session_attrs of ${Object.keys(WANTED).join(', ')}`)
  return wanted
}

function must<T>(read: T | Mistake): T {
  if (read instanceof Mistake) throw new Unfit(read.sentence)
  return read
}

function readTimeout(text: string | undefined): number | null {
  if (text === undefined) return null
  if (!/^[1-9]\d?$/.test(text)) throw new Unfit('must have a connect_timeout of 1 to 99, in seconds')
  return Number(text) * 1_000
}
