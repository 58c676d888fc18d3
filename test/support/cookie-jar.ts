interface StoredCookie {
  readonly name: string
  readonly value: string
  readonly host: string
  readonly path: string
  readonly secure: boolean
}

/**
 * The cookies of one visitor, kept as a browser keeps them for exact hosts: a `Domain` attribute is refused, and so is
 * a `__Host-` cookie that breaks the rules of its prefix (RFC 6265bis, 4.1.3.2).
 */
export class CookieJar {
  readonly #cookies: StoredCookie[] = []

  /** Takes in the `Set-Cookie` lines of one answer. */
  store(url: URL, lines: readonly string[], nowMs: number = Date.now()): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
      const cookie = parse(url, pair, attributes)
      const old = this.#cookies.findIndex((kept) => sameCookie(kept, cookie))
      if (old !== -1) this.#cookies.splice(old, 1)
      if (!isExpired(attributes, nowMs)) this.#cookies.push(cookie)
    }
  }

  /** The `Cookie` header for a request, or an empty string. */
  header(url: URL): string {
    const sent = this.#cookies.filter((cookie) => goesTo(cookie, url))
    return sent.map(({ name, value }) => `${name}=${value}`).join('; ')
  }

  /** Value of the cookie that a request to `url` would carry, or null. */
  value(url: URL, name: string): string | null {
    return this.#cookies.find((cookie) => cookie.name === name && goesTo(cookie, url))?.value ?? null
  }
}

function parse(url: URL, pair: string, attributes: readonly string[]): StoredCookie {
  const equals = pair.indexOf('=')
  const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)]
  const secure = attribute(attributes, 'secure') !== null
  const path = attribute(attributes, 'path') ?? '/'
  if (equals < 1) throw new Error(`not a cookie: ${pair}`)
  if (attribute(attributes, 'domain') !== null) throw new Error(`the cookie ${name} names a domain`)
  if (name.startsWith('__Host-') && (!secure || path !== '/')) throw new Error(`${name} must be Secure with Path=/`)
  if (secure && url.protocol !== 'https:' && url.hostname !== 'localhost')
    throw new Error(`${name} is Secure over http`)
  return { name, value, host: url.hostname, path, secure }
}

function attribute(attributes: readonly string[], name: string): string | null {
  const found = attributes.find((part) => part.split('=')[0]?.toLowerCase() === name)
  return found === undefined ? null : found.slice(name.length + 1)
}

function isExpired(attributes: readonly string[], nowMs: number): boolean {
  const maxAge = attribute(attributes, 'max-age')
  if (maxAge !== null) return Number(maxAge) <= 0
  const expires = attribute(attributes, 'expires')
  return expires !== null && Date.parse(expires) <= nowMs
}

function goesTo(cookie: StoredCookie, url: URL): boolean {
  const below = cookie.path.endsWith('/') ? cookie.path : `${cookie.path}/`
  const pathMatches = url.pathname === cookie.path || url.pathname.startsWith(below)
  const safe = !cookie.secure || url.protocol === 'https:' || url.hostname === 'localhost'
  return cookie.host === url.hostname && pathMatches && safe
}

function sameCookie(a: StoredCookie, b: StoredCookie): boolean {
  return a.name === b.name && a.host === b.host && a.path === b.path
}
