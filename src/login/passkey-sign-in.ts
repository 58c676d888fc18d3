import type { PasskeyOptions } from '../credentials/factors.ts'
import type { FactorTimes } from '../lib/principal.ts'
import { findSignInFacts } from '../users/demands.ts'
import { noteFailure } from './count-attempt.ts'
import { goOn } from './go-on.ts'
import { bindingOf } from './prove-factor.ts'
import type { SignInOutcome, Visit } from './outcome.ts'
import { requireDatabase } from './require-database.ts'
import type { SignInParts } from './sign-in-parts.ts'

/** Nobody guesses signatures, so there is nothing to count; how often it may be tried has its limit by address. */
const NOT_COUNTED = { failuresBefore: 0, peopleFromNetwork: 0 }

/** A challenge for whatever passkey the browser has, the same for everybody (WAN-13). */
export async function askAnyPasskey(parts: SignInParts, binding: string): Promise<PasskeyOptions> {
  await requireDatabase(parts)
  const ask = { userId: null, binding: bindingOf(binding), requireUserVerification: true }
  return parts.database.transaction((tx) => parts.factors.askPasskey(tx, ask))
}

/**
 * Signs in by a passkey alone, which must itself have made sure who holds it and so is two factors.
 * @param binding value of the pre-sign-in cookie that the challenge was asked for with
 */
export async function signInByPasskey(
  parts: SignInParts,
  { binding, response, visit }: { readonly binding: string; readonly response: unknown; readonly visit: Visit },
): Promise<SignInOutcome> {
  await requireDatabase(parts)
  const owner = await parts.database.transaction(async (tx) => {
    const answer = { binding: bindingOf(binding), response, userId: null, requireUserVerification: true }
    const proven = await parts.factors.provePasskey(tx, answer)
    if (proven === null || !proven.userVerified) return null
    const facts = await findSignInFacts(tx, proven.userId)
    return facts === null || facts.isDisabled ? null : { userId: proven.userId, sessionEpoch: facts.sessionEpoch }
  })
  if (owner === null) {
    await noteFailure(parts, { userId: null, login: null, factor: 'webauthn', event: 'sign_in', visit })
    return { kind: 'refused' }
  }
  parts.metrics.attempt('success', 'webauthn')
  const now = Date.now()
  const factors: FactorTimes = { webauthn: now, user_verified: now }
  return goOn(parts, { ...owner, factors, remember: false, visit, seen: NOT_COUNTED })
}
