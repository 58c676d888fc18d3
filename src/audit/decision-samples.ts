import type { OriginalRequest } from '../lib/original-request.ts'
import { entryOf, lineOf, newDecisionId } from './decision-entry.ts'
import type { Decided } from './decision-entry.ts'
import type { DecisionsOptions } from './decision-parts.ts'
import type { DecisionWriter } from './decision-writer.ts'
import { createQuota } from './quota.ts'

/** Told of each decision that passes or must sign in. @param atMs ms, monotonic */
export type Sample = (decided: Decided, original: OriginalRequest | null, atMs: number, dialect?: string) => void

/** Of what passes as many of a kind each minute, so that a quiet site is known whole. */
const SAMPLES = { perMinute: 30, maxSources: 3 }
/** Of the rest one in so many, and no more than this: a busy minute would take the place of what is older. */
const ONE_IN = 100
const SPARSE = { perMinute: 60, maxSources: 3 }

/** Writes some of them down, and tells the log of one in so many that pass. */
export function createDecisionSamples(parts: DecisionsOptions & { readonly writer: DecisionWriter }): Sample {
  const { writer, log, logOneIn, policyVersion } = parts
  const samples = createQuota(SAMPLES)
  const sparse = createQuota(SPARSE)
  let passed = 0
  let untilLogged = logOneIn
  const isToLog = (kind: string): boolean => {
    if (kind !== 'allow' || logOneIn === 0 || --untilLogged > 0) return false
    untilLogged = logOneIn
    return true
  }
  return (decided, original, atMs, dialect) => {
    const { kind } = decided
    const isLogged = isToLog(kind)
    const isKept = samples.take(kind, atMs) || ((isLogged || passed++ % ONE_IN === 0) && sparse.take(kind, atMs))
    if (!isKept && !isLogged) return
    const circumstances = { original, policyVersion: policyVersion(), atMs, sampled: true }
    const entry = entryOf(newDecisionId(), decided, { ...circumstances, ...(dialect && { dialect }) })
    if (isLogged) log.info(lineOf(entry), 'decision')
    // Where there is no room it is no sample: nobody was shown its number.
    if (isKept) writer.add(entry)
  }
}
