/** What is proven by an attempt; `basic` guesses the password too, so both share one ceiling. */
export type AttemptFactor = 'password' | 'totp' | 'recovery' | 'webauthn' | 'basic' | 'token'

export interface Attempt {
  /** Login or e-mail address as typed; unknown ones are counted like all others, under an HMAC. */
  readonly name: string
  readonly userId: string | null
  readonly address: string | null
  /** SHA-256 of the device cookie's token, as `readDevice` gives it. */
  readonly deviceHash: Buffer | null
  readonly factor: AttemptFactor
}

/** Whether an attempt may be checked. It has been counted as a failure already, until `succeeded` takes that back. */
export type Reservation =
  | {
      readonly kind: 'stopped'
      readonly retryAfterS: number
      /** `recovery` after 100 failures in a row: waiting won't help, a reset, `postern user unlock` or a known device will. */
      readonly until: 'time' | 'recovery'
    }
  | {
      readonly kind: 'go'
      /** To be waited for before checking. */
      readonly delayMs: number
      /** What was counted before, for weighing the risk. */
      readonly seen: { readonly failuresBefore: number; readonly peopleFromNetwork: number }
      /** Gives back what this attempt counted and forgets the failures before it from this side. */
      succeeded(): Promise<void>
      /** Gives back what this attempt counted where nothing was checked, since too many were waiting. */
      notChecked(): Promise<void>
    }

/** Counts attempts before they are checked (NIST SP 800-63B-4, 3.2.2). */
export interface Attempts {
  /** @throws PosternError `store_unavailable` */
  reserve(attempt: Attempt): Promise<Reservation>
}
