import { recordEvent } from '../audit/events.ts'
import type { PasskeyOptions } from '../credentials/factors.ts'
import type { Principal } from '../lib/principal.ts'
import { notify } from '../mail/outbox.ts'
import { holdToken } from '../sessions/hold-token.ts'
import type { NewSession } from '../web/pages.ts'
import { countAttempt, NOT_CHECKED } from './count-attempt.ts'
import { bindingOf, proveFactor } from './prove-factor.ts'
import type { SecondProof } from './prove-factor.ts'
import type { Stopped, Visit } from './outcome.ts'
import { requireDatabase } from './require-database.ts'
import type { SignInParts } from './sign-in-parts.ts'

/** Somebody signed in, with the portal token that says so. */
export interface Climber {
  readonly principal: Principal
  readonly token: string
}

/** What came of a further factor that was given in the middle of a sign-in. */
export type StepUpOutcome =
  | { readonly kind: 'raised'; readonly session: NewSession }
  | { readonly kind: 'wrong' }
  /** The sign-in itself is over. */
  | { readonly kind: 'expired' }
  | Stopped

/** A challenge for one of the passkeys of whoever is signed in. */
export async function askForStepUp(parts: SignInParts, { principal, token }: Climber): Promise<PasskeyOptions> {
  const ask = { userId: principal.userId, binding: bindingOf(token), requireUserVerification: false }
  return parts.database.transaction((tx) => parts.factors.askPasskey(tx, ask))
}

/**
 * Raises a sign-in by a factor that isn't the password. It gets a new portal token; apps get theirs by a new hand-over,
 * and no token from before gains anything.
 */
export async function stepUp(
  parts: SignInParts,
  climber: Climber,
  { visit, proof }: { readonly visit: Visit; readonly proof: SecondProof },
): Promise<StepUpOutcome> {
  await requireDatabase(parts)
  const { login: name, userId } = climber.principal
  const counted = { name, login: name, userId, factor: proof.kind, event: 'step_up', visit } as const
  const proven = await countAttempt(parts, counted, () => proveAndRaise(parts, climber, { visit, proof }))
  if (proven.kind === 'not_checked') return { kind: 'expired' }
  return proven.kind === 'proven' ? { kind: 'raised', session: proven.value } : proven
}

async function proveAndRaise(
  parts: SignInParts,
  { principal, token }: Climber,
  { visit: { address, userAgent }, proof }: { readonly visit: Visit; readonly proof: SecondProof },
): Promise<NewSession | typeof NOT_CHECKED | null> {
  const { userId, login, signInId } = principal
  return parts.feed.commit(parts.database, async (tx) => {
    // Of several at once one replaces the token; the others find it gone, and use nothing up.
    if (!(await holdToken(tx, token))) return NOT_CHECKED
    const times = await proveFactor(tx, parts.factors, { userId, token }, proof)
    if (times === null) return null
    const session = await parts.sessions.raise(tx, { signInId, factors: { ...principal.factors, ...times } })
    if (session === null) return NOT_CHECKED
    const details = { factors: Object.keys(times) }
    const actor = { userId, login }
    const about = { actor, signInId, resource: `user:${login}`, address, userAgent, details }
    await recordEvent(tx, { type: 'step_up', result: 'success', ...about })
    if (proof.kind === 'recovery') await notify(tx, userId, 'recovery_code_used', { address, userAgent })
    return session
  })
}
