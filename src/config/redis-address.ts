import { Mistake } from './values.ts'

export interface RedisHost {
  readonly host: string
  readonly port: number
}

/** Where Redis is and how to be let in. Holds a password, so it is never shown. */
export interface RedisAddress {
  /** One server, the sentinels that know the present master, or some nodes of a cluster. */
  readonly kind: 'server' | 'sentinel' | 'cluster'
  readonly hosts: readonly RedisHost[]
  readonly tls: boolean
  readonly username: string | null
  readonly password: string | null
  /** Number of the database, 0 in a cluster. */
  readonly database: number
  /** Under which sentinels know the master; empty otherwise. */
  readonly masterName: string
}

const URL_PATTERN = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^?#]*))?$/
const HOST_PATTERN = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?$/i
const EXPECTED =
  'expects redis://user:password@host:6379/0, redis+sentinel://host:26379,host:26379/master-name/0 or redis+cluster://host:6379,host:6379, with rediss in place of redis for TLS'

/** Reads a URL of one of three forms; percent-encoding counts in user and password alone. */
export function redisAddress(value: string): RedisAddress | Mistake {
  const [matched, tls, form, userInfo, hostList = '', path = ''] = URL_PATTERN.exec(value) ?? []
  if (matched === undefined) return new Mistake(EXPECTED)
  const kind = form === 'sentinel' || form === 'cluster' ? form : 'server'
  const hosts = hostList.split(',').map((host) => readHost(host, kind === 'sentinel' ? 26_379 : 6_379))
  const user = readUser(userInfo)
  const place = readPath(kind, path)
  if (hosts.includes(null) || (kind === 'server' && hosts.length > 1)) return new Mistake(EXPECTED)
  if (user === null) return new Mistake('must hold user and password as user:password or :password, percent-encoded')
  if (place === null) return new Mistake(EXPECTED)
  return { kind, hosts: hosts.filter((host) => host !== null), tls: tls === 's', ...user, ...place }
}

function readHost(text: string, defaultPort: number): RedisHost | null {
  const [, v6, name, digits] = HOST_PATTERN.exec(text) ?? []
  const host = v6 ?? name
  const port = digits === undefined ? defaultPort : Number(digits)
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port }
}

function readUser(text: string | undefined): Pick<RedisAddress, 'username' | 'password'> | null {
  if (text === undefined) return { username: null, password: null }
  const [, username, password] = /^([^:]*):([^:]+)$/.exec(text) ?? []
  if (username === undefined || password === undefined) return null
  try {
    return { username: decodeURIComponent(username) || null, password: decodeURIComponent(password) }
  } catch {
    return null
  }
}

function readPath(kind: RedisAddress['kind'], path: string): Pick<RedisAddress, 'database' | 'masterName'> | null {
  const pattern = { server: /^()(\d{1,3})?$/, sentinel: /^([\w.-]+)(?:\/(\d{1,3}))?$/, cluster: /^()$/ }[kind]
  const [matched, masterName = '', database = '0'] = pattern.exec(path) ?? []
  return matched === undefined ? null : { database: Number(database), masterName }
}
