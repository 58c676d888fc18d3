/**
 * Ways to prove who one is; the value kept beside each is when it was last proven, ms since 1970. `user_verified` stands
 * beside `webauthn` where the passkey itself made sure who holds it, and so is two factors (NIST SP 800-63B-4, 3.1.7).
 */
export type Factor = 'password' | 'totp' | 'webauthn' | 'user_verified' | 'recovery'
export type FactorTimes = Readonly<Partial<Record<Factor, number>>>

/** Who asks: a fact read from the database, which may be cached; never a decision. */
export interface Principal {
  readonly userId: string
  readonly signInId: string
  readonly login: string
  readonly email: string
  readonly name: string
  /** Role names; what they permit is looked up in the policy, so that a new policy takes effect at once. */
  readonly roles: readonly string[]
  readonly factors: FactorTimes
  /** When the sign-in ends whatever happens, ms since 1970. */
  readonly absoluteExpiresAt: number
  /** When it last went on from another network and device at once, ms since 1970; left out where it never did. */
  readonly movedAt?: number
  /** Left out for whoever has signed in. */
  readonly via?: Via
}

/** How somebody is known who has no sign-in: each request carries an API token, or a password by Basic. */
export type Via = { readonly kind: 'api_token'; readonly scope: TokenScope } | { readonly kind: 'basic' }

/** What an API token is for; of each list but `api` null is everything that its owner may do. */
export interface TokenScope {
  /** Names of the policy. */
  readonly apps: readonly string[] | null
  /** As the policy writes them. */
  readonly hosts: readonly string[] | null
  /** Patterns of the policy. */
  readonly paths: readonly string[] | null
  readonly methods: readonly string[] | null
  readonly networks: readonly string[] | null
  /** Permissions of Postern itself that it may use on the API, as far as its owner has them; null is none. */
  readonly api: readonly string[] | null
}
