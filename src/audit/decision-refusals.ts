import type { OriginalRequest } from '../lib/original-request.ts'
import { entryOf, likenessOf, lineOf, newDecisionId } from './decision-entry.ts'
import type { Decided, DecisionEntry } from './decision-entry.ts'
import { createDecisionRepeats } from './decision-repeats.ts'
import type { DecisionsOptions, RefusedAbout } from './decision-parts.ts'
import type { DecisionWriter } from './decision-writer.ts'
import { createQuota, networkOf } from './quota.ts'

/** Notes what lets nothing pass: once a minute from each source, and how often it was the same. */
export interface DecisionRefusals {
  /** @returns the number to show the visitor */
  note(decided: Decided, original: OriginalRequest | null, about: RefusedAbout): string
  /** Tells how often the same came whose minute is over. @param atMs ms, monotonic; infinity for all of them */
  forget(atMs: number): void
}

type Parts = DecisionsOptions & { readonly writer: DecisionWriter }

/** Everybody behind one address shares it, and nobody reads more of one network. */
const OF_NETWORK = { perMinute: 120, maxSources: 10_000 }

export function createDecisionRefusals(parts: Parts): DecisionRefusals {
  const { writer, log, now } = parts
  const networks = createQuota(OF_NETWORK)
  const repeats = createDecisionRepeats((entry) => {
    if (entry.times > 1) log.info({ ...lineOf(entry), repeated: entry.times - 1 }, 'decision')
  })
  return {
    note(decided, original, about) {
      const atMs = now()
      repeats.forget(atMs)
      const circumstances = { original, policyVersion: parts.policyVersion(), atMs, sampled: false }
      const network = networkOf(original?.clientAddress ?? '')
      const likeness = likenessOf(decided, circumstances, network)
      const known = repeats.find(likeness)
      if (known !== undefined) return repeat(parts, known, atMs)
      const id = newDecisionId()
      if (!networks.take(network, atMs)) return drop(parts, id, 'network')
      if (repeats.isFull) return drop(parts, id, 'memory')
      const { readingOf, dialect } = about
      const entry = entryOf(id, decided, { ...circumstances, reading: readingOf(), ...(dialect && { dialect }) })
      repeats.add(likeness, entry)
      log.info(lineOf(entry), 'decision')
      if (writer.add(entry)) return id
      entry.lost = 'memory'
      return drop(parts, id, 'memory')
    },
    forget: (atMs) => repeats.forget(atMs),
  }
}

/** The log tells of one that isn't kept as well. */
function repeat({ writer, onRepeated, onDropped }: Parts, entry: DecisionEntry, atMs: number): string {
  entry.times++
  entry.lastAtMs = atMs
  onRepeated()
  if (entry.lost === null) writer.addTimes(entry)
  else onDropped(entry.lost, 1)
  return entry.facts.id
}

function drop({ onDropped }: Parts, id: string, why: 'network' | 'memory'): string {
  onDropped(why, 1)
  return id
}
