/** A signed return address takes 3 KB, an unsigned one percent-encoded at most 6. */
const MAX_QUERY_CHARACTERS = 8_192
/** No page of ours takes more than two, and each broken one costs a thrown error: thousands would stop the process. */
const MAX_PAIRS = 16
const NOTHING: Readonly<Record<string, string>> = Object.freeze(Object.create(null) as Record<string, string>)

/**
 * The parameters of a query that were given exactly once and can be decoded; doubled and broken ones are as if they
 * weren't there, so that two readers of one URL can't see different values.
 */
export function readQuery(query: string): Record<string, string> {
  if (query.length > MAX_QUERY_CHARACTERS) return NOTHING
  const counted = new Map<string, { count: number; value: string | null }>()
  const pairs = query.split('&', MAX_PAIRS + 1)
  if (pairs.length > MAX_PAIRS) return NOTHING
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = decode(equals === -1 ? pair : pair.slice(0, equals))
    if (name === null || name === '') continue
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1))
    counted.set(name, { count: (counted.get(name)?.count ?? 0) + 1, value })
  }
  const single = [...counted].flatMap(([name, { count, value }]) =>
    count === 1 && value !== null ? [[name, value] as const] : [],
  )
  return Object.assign(Object.create(null) as Record<string, string>, Object.fromEntries(single))
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}
