import type { Examined, Promises, Violation } from './checker.ts'
import type { AnyCall, PolicyCall, VerifyCall } from './history.ts'
import { chains, covered } from './reach.ts'
import type { Reach } from './reach.ts'

/** How long after its caller has given up a command may still take effect. */
const AFTERMATH_MS = 20_000

/** Rule 1: nothing sent later than the bound after a revocation returned is a 200 for that sign-in. */
export function checkEnded(examined: Examined): Violation[] {
  return examined.verifies.flatMap((call) => {
    const life = examined.lives.get(call.signIn)
    if (call.status !== 200 || life === undefined || life.endedBy === null) return []
    if (mayBeStale(call, life.endedAt, examined)) return []
    const late = Math.round(call.sentAt - life.endedAt)
    const sentence = `${call.signIn} had ended by ${life.endedBy.kind}; process ${call.process} let it in ${late} ms later`
    return [{ rule: 'ended', sentence, calls: [life.signIn, life.endedBy, call] }]
  })
}

/** Rule 6: a policy that was applied is in force everywhere after the bound, be it that it denies or opens. */
export function checkPolicy(examined: Examined): Violation[] {
  const applied = examined.history.calls.filter((call) => call.kind === 'policy')
  const asked = examined.verifies.filter(({ path }) => path === '/gate')
  return asked.flatMap((call) => {
    const wrong = (policy: PolicyCall): boolean => call.status === (policy.denied ? 200 : 403)
    const policy = inForce(applied, call)
    if (policy === null || !wrong(policy) || mayBeStale(call, policy.receivedAt, examined)) return []
    const what = policy.denied ? 'denied to everybody' : 'open again'
    const late = Math.round(call.sentAt - policy.receivedAt)
    const sentence = `/gate was ${what}; process ${call.process} answered ${call.status} ${late} ms later`
    return [{ rule: 'policy', sentence, calls: [policy, call] }]
  })
}

/**
 * Whether an answer may rest on what was so before `since`: within the bound, or while the process could not reach
 * PostgreSQL and its grace lasted. A process that was stopped has no such excuse: it must see the gap.
 */
export function mayBeStale(call: VerifyCall, since: number, { reach, promises }: Examined): boolean {
  const of = reach[call.process]
  if (of === undefined) return true
  const stalled = covered(of.stalls, { from: since, until: call.sentAt })
  const slow = of.slow.some(({ from, until }) => from <= call.sentAt && until >= since) ? 500 : 0
  if (call.sentAt <= since + promises.boundMs + stalled + slow) return true
  return wasCutOff(call, since, of, promises)
}

function wasCutOff(call: VerifyCall, since: number, { out, paused }: Reach, promises: Promises): boolean {
  const { boundMs, graceMs } = promises
  const deaf = chains([...out, ...paused], boundMs).filter(({ from }) => from <= since + boundMs)
  return deaf.some((period) => {
    const inside = out.filter(({ from, until }) => from >= period.from && until <= period.until)
    return inside.some(
      ({ from, until }) => from <= call.receivedAt && call.sentAt <= Math.min(until, period.from + graceMs) + boundMs,
    )
  })
}

/** The policy that counted all the time while a call was under way, or null where that can't be said. */
function inForce(applied: readonly PolicyCall[], call: AnyCall): PolicyCall | null {
  const begun = applied.filter(({ sentAt }) => sentAt < call.receivedAt)
  const last = begun.at(-1)
  if (last === undefined || last.status !== 200 || last.receivedAt > call.sentAt) return null
  const unclear = begun.some(({ status, receivedAt }) => status !== 200 && receivedAt + AFTERMATH_MS > last.sentAt)
  return unclear ? null : last
}
