/** So many a minute, and so many at once after a rest. */
export interface RateRule {
  readonly name: string
  readonly perMinute: number
  readonly burst: number
}

export type Take = { readonly ok: true } | { readonly ok: false; readonly retryAfterS: number }

/** Limits how often something is asked for. Shared by replicas over Redis, each for itself without. */
export interface RateLimits {
  /** @param key whose share it is taken from, such as a network or a user id */
  take(rule: RateRule, key: string): Promise<Take>
}
