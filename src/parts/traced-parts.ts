import type { Factors } from '../credentials/factors.ts'
import type { Passwords } from '../credentials/password.ts'
import type { Attempts } from '../limits/attempts.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { SpanStart, Tracing } from '../observe/traces.ts'
import type { Sessions } from '../sessions/sessions.ts'

/** What signing in is made of, as far as it can be seen in traces. */
export interface SignInSteps {
  readonly passwords: Passwords
  readonly factors: Factors
  readonly attempts: Attempts
  readonly sessions: Sessions
  readonly metrics: Metrics
}

/**
 * The same parts, whose work is steps of a trace.
 * @param tracing null while traces are off: then they stay what they are
 */
export function traceParts<Parts extends SignInSteps>(parts: Parts, tracing: Tracing | null): Parts {
  return tracing === null ? parts : { ...parts, ...tracedSteps(parts, tracing) }
}

function tracedSteps({ passwords, factors, attempts, sessions, metrics }: SignInSteps, tracing: Tracing): SignInSteps {
  const step = <T>(name: string, run: () => Promise<T>): Promise<T> => tracing.step(work(name), run)
  return {
    passwords: over(passwords, {
      hash: (password) => step('hash password', () => passwords.hash(password)),
      verify: (stored, password) => step('check password', () => passwords.verify(stored, password)),
    }),
    factors: over(factors, {
      proveTotp: (...given) => step('check totp', () => factors.proveTotp(...given)),
      proveRecovery: (...given) => step('check recovery code', () => factors.proveRecovery(...given)),
      provePasskey: (...given) => step('check passkey', () => factors.provePasskey(...given)),
    }),
    attempts: over(attempts, { reserve: (attempt) => step('count attempt', () => attempts.reserve(attempt)) }),
    sessions: over(sessions, {
      start(tx, signIn) {
        tracing.current?.root.tell({ 'enduser.id': signIn.userId })
        return step('start sign-in', () => sessions.start(tx, signIn))
      },
    }),
    metrics: over(metrics, {
      attempt(status, method) {
        tracing.current?.root.tell({ 'postern.attempt': status, 'postern.factor': method })
        metrics.attempt(status, method)
      },
    }),
  }
}

/** The part with some of it replaced; what it gives on being asked stays so. */
function over<Part extends object>(part: Part, replaced: Partial<Part>): Part {
  const own = { ...Object.getOwnPropertyDescriptors(part), ...Object.getOwnPropertyDescriptors(replaced) }
  return Object.defineProperties({}, own) as Part
}

function work(name: string): SpanStart {
  return { name, kind: 'works' }
}
