import type { Networks } from '../lib/address.ts'
import { equalSecrets } from '../lib/secrets.ts'

/** Who may ask at all. */
export interface CallerRules {
  readonly trustedProxies: Networks
  /** What the proxy must send as X-Postern-Secret, one of at most two; null where none is set. */
  readonly secrets: readonly string[] | null
}

/**
 * Why this peer's word doesn't count, or null when it does. A peer on our Unix socket has passed the file's mode.
 * @param peer address, or null on a Unix socket
 */
export function callerFault(
  rules: CallerRules,
  peer: string | null,
  secret: string | null,
): 'untrusted_peer' | 'wrong_secret' | null {
  if (peer !== null && !rules.trustedProxies.contain(peer)) return 'untrusted_peer'
  if (rules.secrets === null) return null
  const fits = secret !== null && rules.secrets.some((expected) => equalSecrets(expected, secret))
  return fits ? null : 'wrong_secret'
}
