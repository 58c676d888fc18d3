/** The names of our cookies on one origin (DESIGN 5). */
export interface CookieNames {
  /** The portal's sign-in. */
  readonly portal: string
  /** A sign-in as an app's own host knows it. */
  readonly app: string
  /** Where a sign-in that began on an app's host is to return. */
  readonly state: string
  /** How often the browser began to sign in lately. */
  readonly trips: string
  /** Random, set before anybody is signed in, so that the sign-in form has something to be bound to. */
  readonly preSignIn: string
  /** By which a browser is known that people signed in from before; outlives every sign-in. */
  readonly device: string
  /** A sign-in of which only one factor is proven. */
  readonly pending: string
  /** Tag of the language that somebody chose; no secret. */
  readonly language: string
}

/** What `readCookie` gives when a request has two cookies of one name: then none of them counts. */
export const DOUBLED: unique symbol = Symbol('doubled')

const SEMICOLON = 0x3b
const EQUALS = 0x3d

/**
 * Names with the `__Host-` prefix, so that no other host can set them; plain ones where the public URL is http. A portal
 * cookie that a whole domain shares can't have that prefix.
 */
export function cookieNames(secure: boolean, shared = false): CookieNames {
  const own = secure ? '__Host-postern' : 'postern'
  const portal = secure && shared ? '__Secure-postern' : own
  return {
    portal,
    app: `${own}_app`,
    state: `${own}_state`,
    trips: `${own}_trips`,
    preSignIn: `${own}_pre`,
    device: `${own}_device`,
    pending: `${own}_pending`,
    language: `${own}_language`,
  }
}

/**
 * The value of one cookie as it was sent, without decoding and quotes and all; null when there is none. Pairs end at
 * `;`, blanks around a pair don't count, and the name reaches exactly to the first `=`.
 * @param cookieHeaders every Cookie header of the request, raw
 */
export function readCookie(cookieHeaders: readonly string[], name: string): string | null | typeof DOUBLED {
  let value: string | null = null
  for (const header of cookieHeaders) {
    for (let at = findPair(header, name, 0); at !== -1; at = findPair(header, name, at)) {
      if (value !== null) return DOUBLED
      at += name.length + 1
      value = valueFrom(header, at)
    }
  }
  return value
}

/**
 * A Cookie header without ours, for what goes on to an app; null when nothing is left. Drops a pair whose name is one
 * of `names` or begins with one and `_`, in any letter case: an app may read names more loosely than we do.
 */
export function withoutCookies(cookieHeader: string, names: readonly string[]): string | null {
  const lowerNames = names.map((name) => name.toLowerCase())
  const pairs = cookieHeader.split(';').map((pair) => pair.trim())
  const kept = pairs.filter((pair) => pair !== '' && !isNamedLike(pair, lowerNames))
  return kept.length === 0 ? null : kept.join('; ')
}

// Searching for the name itself skips the other pairs at the speed of the engine's own search.
function findPair(header: string, name: string, from: number): number {
  for (let at = header.indexOf(name, from); at !== -1; at = header.indexOf(name, at + 1)) {
    if (header.charCodeAt(at + name.length) === EQUALS && isPairStart(header, at)) return at
  }
  return -1
}

function isPairStart(header: string, at: number): boolean {
  let before = at - 1
  while (before >= 0 && isBlank(header.charCodeAt(before))) before--
  return before < 0 || header.charCodeAt(before) === SEMICOLON
}

function valueFrom(header: string, start: number): string {
  const semicolon = header.indexOf(';', start)
  let end = semicolon === -1 ? header.length : semicolon
  while (end > start && isBlank(header.charCodeAt(end - 1))) end--
  return header.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

function isNamedLike(pair: string, lowerNames: readonly string[]): boolean {
  const equals = pair.indexOf('=')
  const found = (equals === -1 ? pair : pair.slice(0, equals)).trim().toLowerCase()
  return lowerNames.some((name) => found === name || found.startsWith(`${name}_`))
}
