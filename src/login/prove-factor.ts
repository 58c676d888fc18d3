import type { Factors } from '../credentials/factors.ts'
import type { Factor, FactorTimes } from '../lib/principal.ts'
import { hashToken } from '../lib/tokens.ts'
import type { Queryable } from '../store/database.ts'

/** What somebody answers with who is asked for a further factor. */
export type SecondProof =
  | { readonly kind: 'totp'; readonly code: string }
  | { readonly kind: 'recovery'; readonly code: string }
  /** As parsed JSON that nobody has looked at. */
  | { readonly kind: 'webauthn'; readonly response: unknown }

/** Whose proof it must be, and the token that it comes with. */
export interface Prover {
  readonly userId: string
  readonly token: string
}

/** When the factor was proven, or null for a proof that is none. Used up with the caller's transaction. */
export async function proveFactor(
  tx: Queryable,
  factors: Factors,
  { userId, token }: Prover,
  proof: SecondProof,
): Promise<FactorTimes | null> {
  const now = Date.now()
  const times = (factor: Factor, holds: boolean): FactorTimes | null => (holds ? { [factor]: now } : null)
  switch (proof.kind) {
    case 'totp':
      return times('totp', await factors.proveTotp(tx, userId, proof.code, now))
    case 'recovery':
      return times('recovery', await factors.proveRecovery(tx, userId, proof.code))
    case 'webauthn': {
      const asked = { binding: bindingOf(token), response: proof.response, userId, requireUserVerification: false }
      return times('webauthn', (await factors.provePasskey(tx, asked))?.userId === userId)
    }
  }
}

/** What binds a passkey's challenge to the token that it was asked for with, without being that token. */
export function bindingOf(token: string): string {
  return hashToken(token).toString('base64url')
}
