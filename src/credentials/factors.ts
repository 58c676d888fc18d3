import type { Queryable } from '../store/database.ts'

/** Ways to prove who one is beside the password. */
export type SecondFactorName = 'totp' | 'webauthn' | 'recovery'

/** What `navigator.credentials.get` is given as `publicKey`, in the JSON form of WebAuthn level 3. */
export interface PasskeyOptions {
  readonly challenge: string
  readonly rpId: string
  readonly timeout: number
  readonly userVerification: 'required' | 'preferred'
  /** Empty where the browser is to offer whatever passkeys it has. */
  readonly allowCredentials: readonly {
    readonly type: 'public-key'
    readonly id: string
    readonly transports?: readonly string[]
  }[]
}

export interface PasskeyAsk {
  /** Null where nobody is known yet: whoever owns the passkey that answers. */
  readonly userId: string | null
  /** Hash of the token that the answer has to come with: of a pending sign-in, a pre-sign-in cookie or a session. */
  readonly binding: string
  /** Whether the browser is to make sure who holds the passkey; left out it does where nobody is known yet. */
  readonly requireUserVerification?: boolean
}

export interface PasskeyAnswer {
  readonly binding: string
  /** What the browser answered, as parsed JSON that nobody has looked at. */
  readonly response: unknown
  readonly userId: string | null
  readonly requireUserVerification: boolean
}

/** The factors beside the password. Whoever asks them counts attempts first; each proof counts once. */
export interface Factors {
  /** What somebody has set up and can use; recovery codes only beside another. */
  ownedBy(database: Queryable, userId: string): Promise<readonly SecondFactorName[]>
  /** True once for each time step, and for none before one that was used. */
  proveTotp(tx: Queryable, userId: string, code: string, nowMs: number): Promise<boolean>
  /** True once for each code. */
  proveRecovery(tx: Queryable, userId: string, code: string): Promise<boolean>
  /** A challenge of two minutes for one answer that comes with the same binding. */
  askPasskey(tx: Queryable, ask: PasskeyAsk): Promise<PasskeyOptions>
  /** Whose passkey it was, or null for everything that isn't a right answer to a challenge of this binding. */
  provePasskey(tx: Queryable, answer: PasskeyAnswer): Promise<{ userId: string; userVerified: boolean } | null>
}
