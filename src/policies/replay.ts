import { readHost } from '../lib/host.ts'
import type { OriginalRequest, Scheme } from '../lib/original-request.ts'
import type { FactorTimes, Principal } from '../lib/principal.ts'
import { readTarget } from '../lib/target.ts'
import type { CompiledPolicy } from './compile.ts'
import type { Decision } from './decision.ts'
import { outcomeOf, ruleOf } from './decision-words.ts'
import { decide, judge } from './evaluate.ts'
import { knownVisitor } from './run-tests-request.ts'

/** A request that was decided once, as far as it was written down. */
export interface PastRequest {
  readonly decidedAt: Date
  readonly method: string | null
  readonly scheme: string | null
  /** With its port where one was given. */
  readonly host: string | null
  /** Without the query. */
  readonly path: string | null
  /** How often it came; once unless given. */
  readonly times?: number
  /** True where the path was too long to be kept whole. */
  readonly pathIsCut: boolean
  /** Null where the proxy never tells. */
  readonly clientAddress: string | null
  /** App that the proxy named, or null. */
  readonly namedApp: string | null
  /** Null where nobody was signed in, or nobody was asked for. */
  readonly login: string | null
  readonly roles: readonly string[]
  /** Seconds since each factor was proven. */
  readonly factorAges: readonly number[]
}

/** What comes out differently, in one place and one way. */
export interface ReplayGroup {
  readonly app: string | null
  /** Kind and reason: `allow`, `forbid missing_role`. */
  readonly from: string
  readonly to: string
  /** Line of the rule that decides, or null for none. */
  readonly fromLine: number | null
  readonly toLine: number | null
  readonly count: number
  /** Up to three: `alice GET https://wiki.example.com/admin/`. */
  readonly examples: readonly string[]
}

/** A replay's differences, most frequent first. */
export interface ReplayReport {
  readonly replayed: number
  /** Requests of which too little is known. */
  readonly skipped: number
  readonly differing: number
  readonly groups: readonly ReplayGroup[]
  /** Differences that are in no group, as there would be too many. */
  readonly ungrouped: number
  /** Of the replayed those for which nobody was known, so that the draft was judged for nobody. */
  readonly withoutVisitor: number
  readonly oldest: Date | null
  readonly newest: Date | null
}

/** Judges past requests under two policies, one after the other. */
export interface Replay {
  add(past: PastRequest): void
  report(): ReplayReport
}

const MAX_GROUPS = 500
const MAX_EXAMPLES = 3
/** Whatever they were: rules only count them. */
const FACTORS = ['password', 'totp', 'webauthn', 'user_verified', 'recovery'] as const

/** Starts a replay; what it remembers doesn't grow with the number of requests. */
export function createReplay(current: CompiledPolicy, draft: CompiledPolicy): Replay {
  const groups = new Map<string, Counted>()
  const counts = { replayed: 0, skipped: 0, differing: 0, ungrouped: 0, withoutVisitor: 0 }
  const span: { oldest: Date | null; newest: Date | null } = { oldest: null, newest: null }
  return {
    add(past) {
      const original = originalOf(past)
      const { times = 1 } = past
      if (original === null) return void (counts.skipped += times)
      counts.replayed += times
      if (past.login === null) counts.withoutVisitor += times
      if (span.oldest === null || past.decidedAt < span.oldest) span.oldest = past.decidedAt
      if (span.newest === null || past.decidedAt > span.newest) span.newest = past.decidedAt
      const [from, to] = [current, draft].map((policy) => decidePast(policy, original, past)) as [Decision, Decision]
      if (outcomeOf(from) === outcomeOf(to)) return
      counts.differing += times
      if (!addTo(groups, { from, to }, past)) counts.ungrouped += times
    },
    report: () => ({ ...counts, ...span, groups: [...groups.values()].map(toGroup).toSorted(byCount) }),
  }
}

/** The request as the proxy told of it, but for its query; null where too little of it was kept. */
export function originalOf(past: PastRequest): OriginalRequest | null {
  const { method, scheme, host, path, clientAddress, namedApp } = past
  if (method === null || !isScheme(scheme) || host === null || path === null) return null
  if (past.pathIsCut) return null
  const readHosts = readHost(host)
  const target = readTarget(path)
  if (readHosts === null || typeof target === 'string') return null
  const known = { navigation: true, aliases: [], overrides: [] }
  return { ...known, method, scheme, host: readHosts, target, clientAddress: clientAddress ?? '', appName: namedApp }
}

/** Who asked, as of then; null for nobody. */
export function principalOf({ login, roles, factorAges, decidedAt }: PastRequest): Principal | null {
  if (login === null) return null
  const times = FACTORS.slice(0, factorAges.length).map((factor, place) => {
    return [factor, decidedAt.getTime() - (factorAges[place] ?? 0) * 1_000] as const
  })
  return knownVisitor({ login, roles }, Object.fromEntries(times) as FactorTimes)
}

type Counted = ReplayGroup & { count: number; examples: string[] }

function decidePast(policy: CompiledPolicy, original: OriginalRequest, past: PastRequest): Decision {
  return decide(judge(policy, original), principalOf(past), past.decidedAt.getTime())
}

/** False where there are too many groups already. */
function addTo(
  groups: Map<string, Counted>,
  { from, to }: { from: Decision; to: Decision },
  past: PastRequest,
): boolean {
  const example = `${past.login ?? 'nobody'} ${describe(past)}`
  const about = {
    app: appOf(to) ?? appOf(from),
    from: outcomeOf(from),
    to: outcomeOf(to),
    fromLine: ruleOf(from)?.source.line ?? null,
    toLine: ruleOf(to)?.source.line ?? null,
  }
  const key = JSON.stringify(about)
  const group = groups.get(key) ?? { ...about, count: 0, examples: [] }
  if (group.count === 0 && groups.size >= MAX_GROUPS) return false
  group.count += past.times ?? 1
  if (group.examples.length < MAX_EXAMPLES && !group.examples.includes(example)) group.examples.push(example)
  groups.set(key, group)
  return true
}

function toGroup(counted: Counted): ReplayGroup {
  return { ...counted, examples: [...counted.examples] }
}

function byCount(one: ReplayGroup, other: ReplayGroup): number {
  return other.count - one.count
}

function appOf(decision: Decision): string | null {
  return 'app' in decision ? (decision.app?.name ?? null) : null
}

function describe({ method, scheme, host, path }: PastRequest): string {
  return `${method} ${scheme}://${host}${path}`
}

function isScheme(text: string | null): text is Scheme {
  return text === 'http' || text === 'https'
}
