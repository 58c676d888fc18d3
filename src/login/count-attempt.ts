import { setTimeout as delay } from 'node:timers/promises'
import type { Failure } from '../audit/bounded-events.ts'
import type { EventType } from '../audit/events.ts'
import { PosternError } from '../errors.ts'
import type { AttemptFactor } from '../limits/attempt-sides.ts'
import type { Reservation } from '../limits/attempts.ts'
import type { Seen, Stopped, Visit } from './outcome.ts'
import type { SignInParts } from './sign-in-parts.ts'

/** One factor that somebody is about to prove. */
export interface CountedAttempt {
  /** Login or e-mail address, as typed. */
  readonly name: string
  readonly userId: string | null
  /** Login of whoever that is; null for nobody. */
  readonly login: string | null
  readonly factor: Exclude<AttemptFactor, 'basic' | 'token'>
  /** What a failure is written down as. */
  readonly event: Extract<EventType, 'sign_in' | 'sign_in_second_factor' | 'step_up'>
  readonly visit: Visit
}

export type Proof<T> =
  | { readonly kind: 'proven'; readonly value: T; readonly seen: Seen }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'not_checked' }
  | Stopped

/** What `prove` gives where it came to no check: then nothing is counted, and nothing forgotten either. */
export const NOT_CHECKED: unique symbol = Symbol('not checked')

type CountingParts = Pick<SignInParts, 'attempts' | 'events' | 'metrics' | 'log'>

/**
 * Counts an attempt, waits as it has to, and only then has it checked: the way of every factor.
 * @param prove null where the factor was not right
 */
export async function countAttempt<T>(
  parts: CountingParts,
  attempt: CountedAttempt,
  prove: () => Promise<T | null | typeof NOT_CHECKED>,
): Promise<Proof<T>> {
  const { factor, visit, name, userId } = attempt
  const reservation = await parts.attempts.reserve({
    name,
    userId,
    factor,
    address: visit.address,
    deviceHash: visit.deviceHash,
  })
  if (reservation.kind === 'stopped') {
    parts.metrics.attempt('throttled', factor)
    await parts.events.note({ ...failureOf(attempt), type: 'sign_in_throttled' })
    return { kind: 'stopped', retryAfterS: reservation.retryAfterS }
  }
  if (reservation.delayMs > 0) await delay(reservation.delayMs)
  const value = await check(parts, reservation, { factor, prove })
  if (value === null) {
    await noteFailure(parts, attempt)
    return { kind: 'wrong' }
  }
  if (value === NOT_CHECKED) {
    await reservation.notChecked()
    return { kind: 'not_checked' }
  }
  await reservation.succeeded()
  parts.metrics.attempt('success', factor)
  return { kind: 'proven', value, seen: reservation.seen }
}

async function check<T>(
  { metrics }: CountingParts,
  reservation: Extract<Reservation, { kind: 'go' }>,
  { factor, prove }: { factor: CountedAttempt['factor']; prove: () => Promise<T> },
): Promise<T> {
  try {
    return await prove()
  } catch (error) {
    if (error instanceof PosternError && error.code === 'too_many_attempts') {
      await reservation.notChecked()
      metrics.attempt('throttled', factor)
    }
    throw error
  }
}

/** Writes down that a factor was not right. */
export async function noteFailure(
  { events, metrics, log }: Omit<CountingParts, 'attempts'>,
  attempt: Omit<CountedAttempt, 'name'>,
): Promise<void> {
  const { event, factor, userId, visit } = attempt
  metrics.attempt('failure', factor)
  // Nothing of what was typed: people type passwords into the wrong field.
  log.info({ userId: userId ?? undefined, clientAddress: visit.address, factor }, 'sign-in failed')
  await events.note({ ...failureOf(attempt), type: event })
}

/** A name stands in it only where somebody has it. */
function failureOf({ factor, login, visit }: Omit<CountedAttempt, 'name'>): Omit<Failure, 'type'> {
  const { address, userAgent, previous } = visit
  return {
    result: 'failure',
    actor: null,
    address,
    userAgent,
    details: { factor },
    ...(previous !== null && { signInId: previous.signInId }),
    ...(login !== null && { resource: `user:${login}` }),
  }
}
