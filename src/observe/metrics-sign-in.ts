import type { Register } from './register.ts'

export type AttemptStatus = 'success' | 'failure' | 'throttled'
/** What was to be proven. */
export type AttemptMethod = 'password' | 'totp' | 'recovery' | 'webauthn' | 'basic' | 'token'
/** `dropped` is a mail whose reason had gone, `given_up` one that nobody will get. */
export type MailOutcome = 'sent' | 'failed' | 'given_up' | 'dropped'

/** What is told of signing in and of what guards it. */
export interface SignInMetrics {
  attempt(status: AttemptStatus, method: AttemptMethod): void
  /** One was refused unchecked, for what was counted on this side. */
  attemptStopped(side: string, method: AttemptMethod): void
  /** A request was refused because there were too many of its class. */
  rateLimited(kind: string): void
  signInEnded(lastedSeconds: number): void
  /** A password was hashed or checked; the time in line before it is not part of it. */
  readonly passwordHashed: (seconds: number) => void
  /** How many sign-ins count now, as last counted; null where another process counts. */
  sessionsActive(count: number | null): void
  /** Something was seen that an attack looks like. */
  anomaly(kind: string): void
  /** What came of one try to send a mail. */
  mail(outcome: MailOutcome): void
  /** How many mails wait to be sent, as last counted. */
  mailsWaiting(count: number): void
}

const SESSION_BUCKETS = [60, 300, 900, 3_600, 4 * 3_600, 8 * 3_600, 86_400, 7 * 86_400, 30 * 86_400]
const HASH_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

/** Makes the metrics of signing in. */
export function signInMetrics(register: Register): SignInMetrics {
  const lasted = register.durationsBy(
    'session_duration_seconds',
    'How long sign-ins lasted that were ended here.',
    'user_type',
    SESSION_BUCKETS,
  )
  const hashed = register.durations(
    'postern_password_hash_duration_seconds',
    'Time to hash or check one password, without the time in line.',
    HASH_BUCKETS,
  )
  const anomalies = register.counter('postern_anomalies_total', 'What looks like an attack, by kind.', ['kind'])
  const counted = { active: null as number | null }
  const help = 'Sign-ins that count now, counted once a minute by one process.'
  register.gauge('postern_sessions_active', help, () => counted.active, { together: 'max' })
  return {
    ...attemptMetrics(register),
    ...mailMetrics(register),
    signInEnded: (lastedSeconds) => lasted('person', lastedSeconds),
    passwordHashed: (seconds) => hashed.observe(seconds),
    sessionsActive: (count) => void (counted.active = count),
    anomaly: (kind) => anomalies({ kind }),
  }
}

function attemptMetrics(register: Register): Pick<SignInMetrics, 'attempt' | 'attemptStopped' | 'rateLimited'> {
  const attempts = register.counter('auth_attempts_total', 'Attempts to sign in, by outcome and way.', [
    'status',
    'method',
  ])
  const stopped = register.counter(
    'postern_attempts_stopped_total',
    'Attempts refused without being checked, by the side that had too many failures and by way.',
    ['side', 'method'],
  )
  const limited = register.counter(
    'postern_rate_limited_total',
    'Requests to the portal that were too many, by class.',
    ['class'],
  )
  return {
    attempt: (status, method) => attempts({ status, method }),
    attemptStopped: (side, method) => stopped({ side, method }),
    rateLimited: (kind) => limited({ class: kind }),
  }
}

function mailMetrics(register: Register): Pick<SignInMetrics, 'mail' | 'mailsWaiting'> {
  const mails = register.counter('postern_mails_total', 'Tries to send a mail, by what came of them.', ['outcome'])
  const counted = { waiting: 0 }
  register.gauge('postern_mails_waiting', 'Mails that wait to be sent.', () => counted.waiting, { together: 'max' })
  return {
    mail: (outcome) => mails({ outcome }),
    mailsWaiting: (count) => void (counted.waiting = count),
  }
}
