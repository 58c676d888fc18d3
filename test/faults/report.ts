import { checkHistory, examine } from './checker.ts'
import type { Examined, Promises, Violation } from './checker.ts'
import type { AnyCall, FaultPeriod, History } from './history.ts'
import { covered, touches } from './reach.ts'
import type { PlannedFault } from './schedule.ts'

/** What a run came to. */
export interface Report {
  readonly seed: number
  readonly minutes: number
  readonly schedule: readonly PlannedFault[]
  /** How many calls of each kind had which answer, by what was going on at the time. */
  readonly counts: Readonly<Record<Phase, Readonly<Record<string, number>>>>
  /** After a sign-in had ended: until when a process still answered 200, by whether it could hear of it. */
  readonly lag: Readonly<Record<LinkState, Lag>>
  /** ms in which the harness, and each process, did nothing. */
  readonly stalledMs: { readonly harness: number; readonly processes: readonly number[] }
  readonly violations: readonly Violation[]
}

type Phase = 'quiet' | 'during a fault'
type LinkState = 'in reach of PostgreSQL' | 'out of reach'

interface Lag {
  /** Pairs of a sign-in that ended and a process that was asked for it afterwards. */
  readonly pairs: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export interface Ran {
  readonly seed: number
  readonly minutes: number
  readonly schedule: readonly PlannedFault[]
  readonly history: History
  readonly promises: Promises
}

/** Judges a run and counts what happened in it. */
export function reportOf({ history, promises, ...run }: Ran): Report {
  const examined = examine(history, promises)
  return {
    ...run,
    counts: countAnswers(history),
    lag: measureLag(examined),
    stalledMs: measureStalls(history, promises.processes),
    violations: checkHistory(history, promises),
  }
}

function countAnswers({ calls, faults }: History): Report['counts'] {
  const counts: Record<Phase, Record<string, number>> = { quiet: {}, 'during a fault': {} }
  for (const call of calls) {
    const during = counts[phaseOf(call, faults)]
    const name = `${nameOf(call)} ${call.status ?? 'no answer'}`
    during[name] = (during[name] ?? 0) + 1
  }
  return counts
}

function nameOf(call: AnyCall): string {
  if (call.kind === 'verify') return /^(?:forged|never)/.test(call.signIn) ? 'verify of a forged token' : 'verify'
  if (call.kind === 'sign_in' && call.wrongPassword) return 'wrong password'
  return call.kind
}

function phaseOf(call: AnyCall, faults: readonly FaultPeriod[]): Phase {
  const span = { from: call.sentAt, until: call.receivedAt }
  return faults.some((fault) => touches(fault, span)) ? 'during a fault' : 'quiet'
}

function measureLag({ verifies, lives, reach, promises }: Examined): Report['lag'] {
  const lastPassed = new Map<string, { ms: number; state: LinkState }>()
  for (const call of verifies) {
    const endedAt = lives.get(call.signIn)?.endedAt ?? Infinity
    if (call.sentAt < endedAt) continue
    const key = `${call.signIn}/${call.process}`
    const heard = { from: endedAt, until: endedAt + promises.boundMs }
    const out = reach[call.process]?.out.some((period) => touches(period, heard)) === true
    const before = lastPassed.get(key)?.ms ?? 0
    const ms = call.status === 200 ? call.sentAt - endedAt : before
    lastPassed.set(key, { ms: Math.max(before, ms), state: out ? 'out of reach' : 'in reach of PostgreSQL' })
  }
  const of = (state: LinkState): Lag =>
    lagOf([...lastPassed.values()].filter((each) => each.state === state).map(({ ms }) => ms))
  return { 'in reach of PostgreSQL': of('in reach of PostgreSQL'), 'out of reach': of('out of reach') }
}

function lagOf(values: readonly number[]): Lag {
  const sorted = [...values].sort((one, other) => one - other)
  const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0)
  return { pairs: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}

function measureStalls({ stalls }: History, processes: number): Report['stalledMs'] {
  const of = (process: number | null): number => {
    const own = stalls.filter((stall) => stall.process === process)
    return Math.round(covered(own, { from: -Infinity, until: Infinity }))
  }
  return { harness: of(null), processes: Array.from({ length: processes }, (_, process) => of(process)) }
}

/** The report for people. */
export function describeReport({ seed, minutes, schedule, counts, lag, stalledMs, violations }: Report): string {
  const seconds = (ms: number): string => (ms / 1_000).toFixed(1)
  const planned = schedule.map(({ at, lasts, fault, target }) => {
    const where = target === null ? '' : ` of process ${target}`
    return `  at ${seconds(at).padStart(6)} s  ${fault}${where}, ${seconds(lasts)} s`
  })
  const answers = Object.entries(counts).flatMap(([phase, byName]) => [
    `  ${phase}`,
    ...Object.entries(byName)
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([name, count]) => `    ${String(count).padStart(7)}  ${name}`),
  ])
  const lags = Object.entries(lag).map(
    ([state, { pairs, p50, p99, max }]) => `  ${state}: p50 ${p50} ms, p99 ${p99} ms, max ${max} ms (${pairs})`,
  )
  return [
    `Seed ${seed}, ${minutes} minutes`,
    'Faults',
    ...planned,
    'Answers',
    ...answers,
    'Last 200 after a sign-in had ended',
    ...lags,
    `Stalls: harness ${stalledMs.harness} ms, processes ${stalledMs.processes.join(', ')} ms`,
    ...describeViolations(violations, `npm run faults -- --seed ${seed} --minutes ${minutes}`),
  ].join('\n')
}

/** Each violation with the calls that show it, and how to see it again. */
export function describeViolations(violations: readonly Violation[], replay: string): string[] {
  if (violations.length === 0) return ['No promise was broken.']
  const byRule = Object.entries(Object.groupBy(violations, ({ rule }) => rule))
  const shown = byRule.flatMap(([rule, broken]) => [
    `  ${rule}: ${broken.length}`,
    ...broken
      .slice(0, SHOWN)
      .flatMap(({ sentence, calls }) => [
        `    ${sentence}`,
        ...calls.slice(0, SHOWN).map((call) => `      ${JSON.stringify(call)}`),
      ]),
  ])
  return [`BROKEN PROMISES: ${violations.length}`, ...shown, `Again: ${replay}`]
}

const SHOWN = 5
