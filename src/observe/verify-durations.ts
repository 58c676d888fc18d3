import { createDurations } from './durations.ts'
import type { Durations, DurationSeries } from './durations.ts'
import { MAX_LABEL_SETS, OTHER } from './register.ts'

/** Where a principal came from: nobody was asked for, memory, what processes share, or the database. */
export type Tier = 'none' | 'l1' | 'l2' | 'l3'
/** Which reader took the request off the wire: our own, the HTTP server, or that of proxy mode. */
export type Lane = 'express' | 'ordinary' | 'proxy'

/** What of a decision becomes labels; an app's name comes from the policy, never from a request. */
export interface Decided {
  readonly kind: string
  readonly app?: { readonly name: string } | null
}

/** How a question came. */
export interface Way {
  readonly dialect: { readonly name: string }
  readonly lane: Lane
}

/** Times to answer verify requests; an observation makes nothing new unless its labels are. */
export interface VerifyDurations {
  readonly durations: Durations
  observe(decided: Decided, way: Way, tier: Tier, seconds: number): void
}

/** From 10 µs for what memory answers to 1 s for a database in trouble; 25 ms is where an alert begins. */
const BUCKETS = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.25, 1]
/** Apps with a label of their own, over the life of a process. */
export const MAX_APPS = 100
/** The label of what belongs to no app, such as a refusal. */
const NO_APP = '_none'

type ByTier = Map<Tier, DurationSeries>
type ByDecision = Map<string, ByTier>
type ByLane = Map<Lane, ByDecision>
type ByDialect = Map<string, ByLane>

/** Four look-ups by texts that are the same objects each time, which takes less than to build one key. */
export function createVerifyDurations(): VerifyDurations {
  const durations = createDurations(
    'postern_verify_duration_seconds',
    'Time to answer a verify request, by decision, dialect, app, where the principal came from, and lane.',
    BUCKETS,
  )
  const apps = new Map<string, ByDialect>()
  const add = (app: string, { kind }: Decided, { dialect, lane }: Way, tier: Tier): DurationSeries => {
    const isNew = !apps.has(app)
    const hasRoom = durations.size < MAX_LABEL_SETS && (!isNew || apps.size < MAX_APPS)
    if (!hasRoom && app !== OTHER && app !== NO_APP) return seriesOf(OTHER, { kind }, { dialect, lane }, tier)
    const byTier = branch(branch(branch(branch(apps, app), dialect.name), lane), kind)
    const added = durations.add({ decision: kind, dialect: dialect.name, app, tier, lane })
    byTier.set(tier, added)
    return added
  }
  const seriesOf = (app: string, decided: Decided, way: Way, tier: Tier): DurationSeries =>
    apps.get(app)?.get(way.dialect.name)?.get(way.lane)?.get(decided.kind)?.get(tier) ?? add(app, decided, way, tier)
  return {
    durations,
    observe: (decided, way, tier, seconds) =>
      seriesOf(decided.app?.name ?? NO_APP, decided, way, tier).observe(seconds),
  }
}

function branch<Key, SubKey, Value>(map: Map<Key, Map<SubKey, Value>>, key: Key): Map<SubKey, Value> {
  const found = map.get(key)
  if (found !== undefined) return found
  const added = new Map<SubKey, Value>()
  map.set(key, added)
  return added
}
