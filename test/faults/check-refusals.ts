import type { Examined, Violation } from './checker.ts'
import type { Life } from './endings.ts'
import type { VerifyCall } from './history.ts'
import { joined, touches } from './reach.ts'
import type { Period, Reach } from './reach.ts'

/** Memory lives a minute; a little less is sure. */
const MEMORY_MS = 55_000
/** Until a process has found out that PostgreSQL is out of reach. */
const NOTICE_MS = 1_500

/**
 * Rule 2: who is signed in is never told to sign in, and gets an answer unless PostgreSQL is out of reach for a process
 * that can't know, which then says so.
 */
export function checkRefusals(examined: Examined): Violation[] {
  const firstSeen = new Map<string, number>()
  return examined.verifies.flatMap((call) => {
    const life = examined.lives.get(call.signIn)
    if (life === undefined || !isValidThroughout(life, call)) return []
    const place = `${call.signIn}/${call.process}/${call.life}`
    const seen = firstSeen.get(place)
    if (call.status === 200 && seen === undefined) firstSeen.set(place, call.receivedAt)
    return checkOne(examined, call, life, seen ?? null)
  })
}

/** Rules 3 and 7: in the end every sign-in that nobody ended counts everywhere, and every process is ready. */
export function checkEnd(examined: Examined): Violation[] {
  const { history, promises, verifies, lives } = examined
  const passed = new Set(
    verifies
      .filter(({ atEnd, status }) => atEnd && status === 200)
      .map(({ signIn, process }) => `${signIn}/${process}`),
  )
  const lost = [...lives.values()].flatMap(({ signIn, mayEndAt }) => {
    if (mayEndAt !== Infinity) return []
    const missing = range(promises.processes).filter((process) => !passed.has(`${signIn.signIn}/${process}`))
    if (missing.length === 0) return []
    const calls = [signIn, ...verifies.filter((call) => call.signIn === signIn.signIn && call.atEnd)]
    return [{ rule: 'lost' as const, sentence: `${signIn.signIn} doesn't count on ${missing.join(', ')}`, calls }]
  })
  const health = history.calls.filter((call) => call.kind === 'health')
  const unwell = range(promises.processes).flatMap((process) => {
    const call = health.filter((each) => each.process === process).at(-1)
    if (call?.status === 200 && call.troubles.length === 0) return []
    const why = call === undefined ? 'was not asked' : `${call.status} ${call.troubles.join(', ')}`
    return [
      {
        rule: 'end' as const,
        sentence: `process ${process} is not well in the end: ${why}`,
        calls: call ? [call] : [],
      },
    ]
  })
  return [...lost, ...unwell]
}

/** Whether an answer that isn't one was to be expected: then it is counted, not complained of. */
export function isExcused(call: VerifyCall, firstSeen: number | null, examined: Examined): boolean {
  const reach = examined.reach[call.process]
  if (reach === undefined) return true
  const { recoveryMs } = examined.promises
  const near = (periods: readonly Period[]): boolean => periods.some((each) => touches(each, spanOf(call), recoveryMs))
  if (near(reach.paused) || near(reach.down) || near(reach.stalls)) return true
  if (call.status === null) return false
  if (!near(reach.out) && !near(reach.slow)) return false
  return firstSeen === null || !mustRemember(call, firstSeen, reach, examined)
}

function checkOne(examined: Examined, call: VerifyCall, life: Life, firstSeen: number | null): Violation[] {
  const { status, process, signIn } = call
  const calls = [life.signIn, call]
  if (status === 401)
    return [{ rule: 'refused', sentence: `${signIn} counts, but process ${process} refused it`, calls }]
  if (status === 403 && call.path === '/') {
    return [{ rule: 'refused', sentence: `process ${process} forbade ${signIn} what is open to it`, calls }]
  }
  if (status === 200 || status === 403 || isExcused(call, firstSeen, examined)) return []
  const known = firstSeen === null ? '' : ', which it had answered for before'
  const answer = status === null ? 'no answer' : `a ${status}`
  return [{ rule: 'unavailable', sentence: `process ${process} had ${answer} for ${signIn}${known}`, calls }]
}

function isValidThroughout({ signIn, mayEndAt }: Life, call: VerifyCall): boolean {
  return signIn.receivedAt <= call.sentAt && call.receivedAt < mayEndAt
}

/** Whether memory must have answered: it knew the sign-in before the outage, and its grace lasted. */
function mustRemember(call: VerifyCall, firstSeen: number, { out, paused }: Reach, { promises }: Examined): boolean {
  const { recoveryMs, graceMs } = promises
  const deaf = joined([...out, ...paused], recoveryMs).find((each) => touches(each, spanOf(call), recoveryMs))
  // Answers that are only slow to come are none of memory's concern.
  if (deaf === undefined) return call.sentAt - firstSeen < MEMORY_MS
  if (firstSeen > deaf.from || call.receivedAt > deaf.from + graceMs - NOTICE_MS) return false
  const noticeMs = deaf.from - firstSeen < MEMORY_MS - NOTICE_MS ? 0 : NOTICE_MS
  return call.sentAt >= deaf.from + noticeMs
}

function spanOf({ sentAt, receivedAt }: VerifyCall): Period {
  return { from: sentAt, until: receivedAt }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
