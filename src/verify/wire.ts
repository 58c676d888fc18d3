import type { AliasGuard } from '../policies/alias-guard.ts'

/** A verify request as it came over the wire, whichever server read it. */
export interface WireRequest {
  /** Names and values in turn, as they were sent, doubled ones too. */
  readonly rawHeaders: readonly string[]
  /** Of the verify request itself. */
  readonly method: string
  /** What follows the app's name in the URL, query included, as it was sent; empty where nothing does. */
  readonly target: string
  /** Address of the peer, or null on a Unix socket. */
  readonly peer: string | null
  /** The app that the URL names, or null. */
  readonly appName: string | null
}

/** A value for each wanted header, or why one can't be had. */
export interface WireHeaders {
  readonly values: readonly string[]
  readonly cookies: readonly string[]
  readonly secret: string | null
  /** Folded names of headers that an app could take for identity headers. */
  readonly aliases: readonly string[]
  /** Methods that headers such as `X-HTTP-Method-Override` name, in capital letters. */
  readonly overrides: readonly string[]
  readonly fault: 'missing_header' | 'doubled_header' | null
}

const SECRET = 'x-postern-secret'

/** A list, which may come in several lines (RFC 9110, 5.3). */
const FORWARDED_FOR = 'x-forwarded-for'

/**
 * Reads a closed list of headers in one pass: each exactly once and not empty, else a fault. Never falls back to
 * another header: what a proxy does not overwrite, a client can write.
 * @param wanted lower-case names, in the order in which `values` gives them
 */
export function readWireHeaders(
  rawHeaders: readonly string[],
  wanted: readonly string[],
  guard: AliasGuard,
): WireHeaders {
  const found: (string | undefined)[] = wanted.map(() => undefined)
  const cookies: string[] = []
  const aliases: string[] = []
  const overrides: string[] = []
  let secret: string | null = null
  let fault: WireHeaders['fault'] = null
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase()
    const value = rawHeaders[i + 1] ?? ''
    const place = wanted.indexOf(name)
    if (place >= 0) {
      if (found[place] === undefined) found[place] = value
      else if (name === FORWARDED_FOR) found[place] += `,${value}`
      else fault ??= 'doubled_header'
    } else if (name === 'cookie') cookies.push(value)
    else if (name === SECRET) {
      if (secret !== null) fault ??= 'doubled_header'
      secret = value
    } else {
      if (isMethodOverride(name)) overrides.push(value.trim().toUpperCase())
      const alias = guard.aliasOf(name)
      if (alias !== null) aliases.push(alias)
    }
  }
  const values = found.map((value) => value ?? '')
  if (values.includes('')) fault ??= 'missing_header'
  return { values, cookies, secret, aliases, overrides, fault }
}

/** What Symfony, Laravel, Rails and Yii believe rather than the request line. */
const METHOD_OVERRIDES = new Set(['x-http-method-override', 'x-http-method', 'x-method-override'])

/** @param name of a header, in any letter case; an underscore may stand for a dash */
export function isMethodOverride(name: string): boolean {
  return name.length >= 13 && name.length <= 22 && METHOD_OVERRIDES.has(name.toLowerCase().replaceAll('_', '-'))
}

/** The first value of a header that takes no part in decisions of access; empty when absent. */
export function firstHeader(rawHeaders: readonly string[], wanted: string): string {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if ((rawHeaders[i] ?? '').toLowerCase() === wanted) return rawHeaders[i + 1] ?? ''
  }
  return ''
}
