import type { OriginalRequest } from '../lib/original-request.ts'
import type { AliasGuard } from '../policies/alias-guard.ts'
import { foldHeaderName, IDENTITY_HEADERS } from '../policies/header-rules.ts'
import { withoutCookies } from '../web/cookies.ts'
import { isMethodOverride } from './header-meanings.ts'
import { methodIn } from './wire.ts'

/** Meant for one connection alone (RFC 9110, 7.6.1); `expect` is answered by our own server. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
])
/** Written anew by us or left out, so that no app believes what a client claims of who, whence and which page it is. */
const OURS = new Set([
  ...IDENTITY_HEADERS.map((name) => name.toLowerCase()),
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-uri',
  'x-forwarded-method',
  'x-forwarded-prefix',
  'x-forwarded-server',
  'x-original-host',
  'x-original-method',
  'x-original-proto',
  'x-original-uri',
  'x-original-url',
  'x-rewrite-url',
  'x-real-ip',
  'forwarded',
])

/** Folded names of client headers that could pass for one of ours in an app, though they aren't spelt like it. */
export function identityAliases(rawHeaders: readonly string[], guard: AliasGuard): readonly string[] {
  const names = rawHeaders.filter((name, index) => index % 2 === 0 && !OURS.has(name.toLowerCase()))
  return names.flatMap((name) => guard.aliasOf(name) ?? [])
}

/** Methods that headers name, which the app may believe. */
export function methodOverrides(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.flatMap((name, index) => {
    return index % 2 === 0 && isMethodOverride(name) ? methodIn(rawHeaders[index + 1] ?? '') : []
  })
}

/**
 * What the app is sent: the client's headers without those of the connection, ours and our cookies; then ours.
 * @param identity names and values in turn; empty ones are left out
 * @param ourCookies names of cookies that no app may see
 */
export function upstreamHeaders(
  rawHeaders: readonly string[],
  original: OriginalRequest,
  identity: readonly string[],
  ourCookies: readonly string[],
): string[] {
  const dropped = connectionHeaders(rawHeaders)
  const told = new Set(identity.filter((_, index) => index % 2 === 0).map(foldHeaderName))
  const isOurs = (name: string): boolean => OURS.has(foldHeaderName(name)) || told.has(foldHeaderName(name))
  const kept = filterPairs(rawHeaders, (name) => !dropped.has(name) && !isOurs(name))
  const withCookies = mapCookies(kept, ourCookies)
  return [...withCookies, ...forwardedHeaders(original), ...withoutEmpty(identity)]
}

/** What the client is sent of the app's answer: all but what is for one connection and cookies named like ours. */
export function clientHeaders(headers: readonly string[], ourCookies: readonly string[]): string[] {
  const dropped = connectionHeaders(headers)
  return filterPairs(headers, (name, value) => {
    if (dropped.has(name)) return false
    return name !== 'set-cookie' || withoutCookies(cookiePair(value), ourCookies) !== null
  })
}

/** What a browser will send back of a `Set-Cookie`: of a cookie without a name the value alone, which may look like ours. */
function cookiePair(setCookie: string): string {
  return setCookie
    .split(';', 1)
    .join('')
    .replace(/^[\s=]+/, '')
}

/** Names that the Connection header lists are for one connection as well; they are gone before ours are added. */
function connectionHeaders(headers: readonly string[]): ReadonlySet<string> {
  const listed = headers.flatMap((name, index) => {
    const isConnection = index % 2 === 0 && name.toLowerCase() === 'connection'
    return isConnection ? (headers[index + 1] ?? '').split(',').map((token) => token.trim().toLowerCase()) : []
  })
  return new Set([...HOP_BY_HOP, ...listed].filter((name) => name !== 'host' && name !== 'content-length'))
}

function filterPairs(headers: readonly string[], keep: (lowerName: string, value: string) => boolean): string[] {
  const kept: string[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    const value = headers[i + 1] ?? ''
    if (keep(name.toLowerCase(), value)) kept.push(name, value)
  }
  return kept
}

function mapCookies(headers: readonly string[], ourCookies: readonly string[]): string[] {
  const mapped: string[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    const value = headers[i + 1] ?? ''
    const left = name.toLowerCase() === 'cookie' ? withoutCookies(value, ourCookies) : value
    if (left !== null) mapped.push(name, left)
  }
  return mapped
}

function forwardedHeaders({ clientAddress, scheme, host, method, target }: OriginalRequest): string[] {
  const shownHost = host.port === null ? host.name : `${host.name}:${host.port}`
  return [
    'X-Forwarded-For',
    clientAddress,
    'X-Forwarded-Proto',
    scheme,
    'X-Forwarded-Host',
    shownHost,
    'X-Forwarded-Method',
    method,
    'X-Forwarded-Uri',
    target.path + target.query,
  ]
}

function withoutEmpty(headers: readonly string[]): string[] {
  return filterPairs(headers, (_name, value) => value !== '')
}
