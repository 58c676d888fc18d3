import { openPostgres } from '../../src/store/postgres.ts'
import { openPlace } from '../place.ts'
import type { PlaceOptions } from '../place.ts'
import type { Finding } from './finding.ts'
import type { Ground } from './ground.ts'
import { measureEnding } from './ending.ts'
import { measureLastSeen } from './last-seen.ts'
import { measureLookup } from './lookup.ts'
import { measureMemory } from './memory.ts'
import { measureRevocation } from './revocation.ts'
import { createSignIns } from './signed-in.ts'
import { measureStampede } from './stampede.ts'
import { openStatementCounts } from './statement-counts.ts'
import { measureStorm } from './storm.ts'
import { measureTiers } from './tiers.ts'

type Part = readonly [name: string, measure: (ground: Ground) => Promise<Finding[]>]

const PARTS: readonly Part[] = [
  ['how soon a revocation counts', measureRevocation],
  ['where a session is found', measureTiers],
  ['a stampede for one session', measureStampede],
  ['verify while many sign in', measureStorm],
  ['the ending of sign-ins in memory', measureEnding],
  ['memory of 100,000 sessions', measureMemory],
  ['the writing of last use', measureLastSeen],
  ['look-ups among 1,000,000 sessions', measureLookup],
]

/** Measures what memory of sessions costs and how fast it forgets; each part on gateways of its own. */
export async function measureSessions(options: PlaceOptions & { readonly seconds: number }): Promise<Finding[]> {
  const { opened, signal, progress, seconds } = options
  const place = await openPlace(options, ['shared_preload_libraries=pg_stat_statements'])
  const database = openPostgres({ url: place.databaseUrl, poolSize: 2 })
  opened.defer(() => database.close())
  await openStatementCounts(database)
  const signInMany = await createSignIns(database, place.secretKey)
  const findings: Finding[] = []
  for (const [name, measure] of PARTS) {
    signal.throwIfAborted()
    progress(`measuring ${name}`)
    await using own = new AsyncDisposableStack()
    findings.push(...(await measure({ place, database, signInMany, opened: own, signal, seconds })))
  }
  return findings
}
