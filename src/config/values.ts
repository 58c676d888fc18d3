import { readNetworks } from '../lib/address.ts'
import { readHost } from '../lib/host.ts'

/** A sentence that says what is wrong with a value and what is expected instead. */
export class Mistake {
  readonly sentence: string

  constructor(sentence: string) {
    this.sentence = sentence
  }
}

/** Turns the text of one setting into its value, or says what is wrong with it. */
export type Reader<T> = (text: string) => T | Mistake

/** Where a server listens: a TCP host and port, or the path of a Unix socket. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const MIN_SECRET_BYTES = 32
/** The kernel's limit is 108 bytes with the closing NUL. */
const MAX_SOCKET_PATH_BYTES = 107

export const text: Reader<string> = (value) => value

/** A length of time such as `90s`, `8h` or `30d`, in ms. */
export function duration(minMs: number, maxMs: number): Reader<number> {
  return (value) => {
    const [, digits, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(value) ?? []
    const ms = Number(digits) * (UNIT_MS[unit ?? ''] ?? Number.NaN)
    if (Number.isNaN(ms)) return new Mistake('expects a length of time such as 90s, 30m, 8h or 30d')
    if (ms < minMs || ms > maxMs)
      return new Mistake(`must lie between ${showDuration(minMs)} and ${showDuration(maxMs)}`)
    return ms
  }
}

/** The shortest text that `duration` reads as this many ms. */
export function showDuration(ms: number): string {
  for (const [unit, size] of Object.entries(UNIT_MS).toReversed()) if (ms % size === 0) return `${ms / size}${unit}`
  return `${ms}ms`
}

/** A whole number in plain digits. */
export function wholeNumber(min: number, max: number): Reader<number> {
  return (value) => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
    return number >= min && number <= max ? number : new Mistake(`expects a whole number from ${min} to ${max}`)
  }
}

/** A part of the whole, such as `0.01` for one in a hundred. */
export const share: Reader<number> = (value) => {
  const part = /^(?:0|1|0?\.\d{1,6}|1\.0{1,6})$/.test(value) ? Number(value) : Number.NaN
  return part >= 0 && part <= 1 ? part : new Mistake('expects a number from 0 to 1, such as 0.01')
}

/** Headers as `name=value` between commas; a comma or percent sign inside a value is written as `%2C` or `%25`. */
export const headerList: Reader<Readonly<Record<string, string>>> = (value) => {
  const expected = new Mistake('expects name=value, several of them between commas, such as Authorization=Bearer abc')
  const headers: Record<string, string> = {}
  for (const part of list(value) as readonly string[]) {
    const [, name = '', written = ''] =
      /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*([\x21-\x7e][\x20-\x7e]*)$/.exec(part) ?? []
    if (name === '' || /%(?![0-9A-Fa-f]{2})/.test(written)) return expected
    const text = written.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
    if (!/^[\x20-\x7e]+$/.test(text)) return expected
    headers[name] = text
  }
  return Object.keys(headers).length > 0 ? headers : expected
}

export const yesNo: Reader<boolean> = (value) =>
  value === 'yes' ? true : value === 'no' ? false : new Mistake('expects yes or no')

/** One of a few words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Reader<Word> {
  return (value) => words.find((word) => word === value) ?? new Mistake(`expects one of: ${words.join(', ')}`)
}

/** Parts between commas, without blanks around them and without empty ones. */
const list: Reader<readonly string[]> = (value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

/** Name or number of a group; whether it exists is seen when it is used. */
export const group: Reader<string> = (value) =>
  /^(\d{1,9}|[a-z_][a-z0-9_-]{0,31})$/.test(value) ? value : new Mistake('expects a group such as www-data or 33')

/** One or more networks between commas, as they were written. */
export const networks: Reader<readonly string[]> = (value) => {
  const entries = list(value) as readonly string[]
  if (entries.length === 0) return new Mistake('expects networks between commas, such as 10.0.0.0/8, 2001:db8::/32')
  const read = readNetworks(entries)
  if (typeof read === 'string') return new Mistake(`can't be read: ${read.replace(/\.$/, '')}`)
  const everybody = entries.find((entry) => entry.endsWith('/0'))
  return everybody === undefined ? entries : new Mistake(`must not hold ${everybody}, which is everybody`)
}

/** `127.0.0.1:9080`, `[::1]:9080` or `unix:/run/postern/verify.sock`. */
export const listenAddress: Reader<ListenAddress> = (value) => {
  if (value.startsWith('unix:')) return unixAddress(value.slice('unix:'.length))
  const [, v6, name, digits] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):(\d{1,5})$/i.exec(value) ?? []
  const host = v6 ?? name
  const port = Number(digits)
  if (host === undefined || Number.isNaN(port) || port > 65_535) {
    return new Mistake('expects an address and port such as 127.0.0.1:9080, or unix:/path/of/a.sock')
  }
  return { kind: 'tcp', host, port }
}

/** How `listenAddress` would be written. */
export function showListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** True when only this machine can reach it. */
export function isLocal(address: ListenAddress): boolean {
  if (address.kind === 'unix') return true
  return address.host === 'localhost' || address.host === '::1' || /^127(\.\d{1,3}){3}$/.test(address.host)
}

/** An http(s) URL with nothing but scheme, host, port and a path; the operator wrote it, so `URL` may read it. */
export const webUrl: Reader<URL> = (value) => {
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol))
    return new Mistake('expects a URL such as https://app.example.com')
  if (url.username + url.password + url.search + url.hash !== '') {
    return new Mistake('must not hold a user, a password, a query or a fragment')
  }
  return url
}

/** A domain that hosts share, in lower case: two labels or more, neither an address nor with a port. */
export const domainName: Reader<string> = (value) => {
  const host = readHost(value)
  const isDomain = host !== null && host.port === null && /^[^[.]+\..*[a-z][^.]*$/.test(host.name)
  return isDomain && !value.endsWith('.') ? host.name : new Mistake('expects a domain such as example.com')
}

/** True for the domain itself and every host below it. */
export function isInDomain(hostName: string, domain: string): boolean {
  return hostName === domain || hostName.endsWith(`.${domain}`)
}

/** `demo`, `off`, or the URL of an app without a path. */
export function upstream(value: string): URL | 'demo' | 'off' | Mistake {
  if (value === 'demo' || value === 'off') return value
  const url = webUrl(value)
  if (url instanceof Mistake) return new Mistake('expects demo, off or a URL such as http://127.0.0.1:3000')
  return url.pathname === '/'
    ? url
    : new Mistake('must not have a path; the app is asked for the path that the visitor asked for')
}

/** One secret, or two while one replaces the other, each of 32 bytes or more. */
export function secretList(value: string): readonly string[] | Mistake {
  const secrets = list(value) as readonly string[]
  if (secrets.length < 1 || secrets.length > 2) return new Mistake('expects one secret, or two separated by a comma')
  const short = secrets.some((secret) => Buffer.byteLength(secret) < MIN_SECRET_BYTES)
  return short ? new Mistake(`must be at least ${MIN_SECRET_BYTES} bytes; make one: openssl rand -base64 32`) : secrets
}

function unixAddress(path: string): ListenAddress | Mistake {
  if (!path.startsWith('/')) return new Mistake('expects an absolute path after unix:')
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    return new Mistake(`names a socket path over ${MAX_SOCKET_PATH_BYTES} bytes; choose a shorter one`)
  }
  return { kind: 'unix', path }
}
