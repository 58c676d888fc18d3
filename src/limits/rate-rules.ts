import type { RateRule } from './rate-limits.ts'

/** What kind of thing a request asks for, as far as it is limited. */
export type RateClass = 'asset' | 'page' | 'form' | 'api' | 'sign_in' | 'recovery' | 'secret' | 'strength' | 'draft'

interface ClassRules {
  /** Of one network: an address of IPv4, a /64 of IPv6, behind which there may be an office. */
  readonly network: RateRule
  /** Of one person who is signed in, wherever; null where nobody is. */
  readonly person: RateRule | null
}

/** A page takes a few requests, a person signs in once a day, and nobody resets a password every minute. */
export const RATE_RULES: Readonly<Record<RateClass, ClassRules>> = {
  asset: { network: rule('asset', 3_000, 3_000), person: null },
  page: { network: rule('page', 600, 600), person: rule('page:person', 240, 240) },
  form: { network: rule('form', 240, 240), person: rule('form:person', 60, 60) },
  api: { network: rule('api', 1_200, 1_200), person: rule('api:person', 600, 600) },
  sign_in: { network: rule('sign_in', 120, 120), person: null },
  recovery: { network: rule('recovery', 20, 20), person: rule('recovery:person', 10, 10) },
  secret: { network: rule('secret', 60, 60), person: rule('secret:person', 20, 20) },
  // Each takes a process up to half a second, and a meter asks whenever its owner pauses.
  strength: { network: rule('strength', 120, 60), person: rule('strength:person', 20, 5) },
  // Each may read a megabyte in a thread of its own: seconds, and memory that many at once would not leave to others.
  draft: { network: rule('draft', 60, 20), person: rule('draft:person', 20, 5) },
}

/** Routes by their path below the portal's, most particular first; what has no line is told by its method. */
const ROUTES: readonly (readonly [path: RegExp, kind: RateClass])[] = [
  [/^\/assets\//, 'asset'],
  [/^\/\.well-known\//, 'asset'],
  [/^\/(?:reset|invite)(?:\/|$)/, 'recovery'],
  [/^\/(?:login|api\/v2\/auth\/(?:login|second-factor|step-up))(?:\/|$)/, 'sign_in'],
  [/^\/account\/password\/strength$/, 'strength'],
  [/^\/account\/(?:password|factors|api-tokens|email)(?:\/|$)/, 'secret'],
  [/^\/api\/v2\/(?:tokens|users\/:login\/reset-link)(?:\/|$)/, 'secret'],
  [/^\/(?:api\/v2|admin)\/policy(?:\/(?:try|replay|apply))?$/, 'draft'],
  [/^\/api\//, 'api'],
]
const READING = new Set(['GET', 'HEAD'])

/**
 * The class of a request. Looking at a form costs no more than any page.
 * @param path of the route, below the portal's own path, such as `/login`
 */
export function rateClassOf(method: string, path: string): RateClass {
  const kind = ROUTES.find(([pattern]) => pattern.test(path))?.[1]
  if (kind === 'asset' || kind === 'api') return kind
  if (READING.has(method)) return path.startsWith('/api/') ? 'api' : 'page'
  return kind ?? 'form'
}

function rule(name: string, perMinute: number, burst: number): RateRule {
  return { name, perMinute, burst }
}
