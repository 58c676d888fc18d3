import type { RateLimits, RateRule } from '../limits/rate-limits.ts'

/** An account is sent five mails an hour at the most; this keeps what is asked beyond from costing anything. */
const PER_ACCOUNT: RateRule = { name: 'reset_account', perMinute: 1, burst: 5 }

/** Whether a reset of one account may be asked for now; the visitor is told the same when not. */
export async function mayAskForReset(
  { rateLimits }: { readonly rateLimits: RateLimits | null },
  loginOrEmail: string,
): Promise<boolean> {
  return rateLimits === null || (await rateLimits.take(PER_ACCOUNT, loginOrEmail)).ok
}
