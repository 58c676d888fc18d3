import type { FastifyReply } from 'fastify'
import { PosternError } from '../errors.ts'
import type { RateLimits, RateRule } from '../limits/rate-limits.ts'
import type { Client } from './parts.ts'

const PER_ADDRESS: RateRule = { name: 'reset_address', perMinute: 5, burst: 10 }
/** An account is sent five mails an hour at the most; this keeps what is asked beyond from costing anything. */
const PER_ACCOUNT: RateRule = { name: 'reset_account', perMinute: 1, burst: 5 }

/**
 * Whether a reset may be asked for now. Too many for one account look to the visitor like any other.
 * @throws PosternError `too_many_attempts` for too many from one address
 */
export async function limitResets(
  { rateLimits }: { readonly rateLimits: RateLimits | null },
  loginOrEmail: string,
  { address }: Client,
  reply: FastifyReply,
): Promise<boolean> {
  if (rateLimits === null) return true
  const bySide = await rateLimits.take(PER_ADDRESS, address ?? 'unknown')
  if (!bySide.ok) {
    reply.header('retry-after', String(bySide.retryAfterS))
    throw new PosternError('too_many_attempts', 'resets asked for from one address')
  }
  return (await rateLimits.take(PER_ACCOUNT, loginOrEmail)).ok
}
