import type { OriginalRequest } from '../lib/original-request.ts'
import type { Asked } from './asked.ts'
import type { CompiledApp } from './compile.ts'
import type { CompiledRule } from './compile-rule.ts'
import { onlyOnce } from './forms.ts'
import type { Form } from './forms.ts'
import { foldLastSlash, foldLetterCase } from './path-folds.ts'
import { NO_RULE } from './path-index.ts'
import { queryMatches, readQuery } from './query-condition.ts'
import type { Query } from './query-condition.ts'
import { readingsOf } from './readings.ts'

/** Where a request is looked up. */
export interface LookUps {
  /** Every form of the patterns with every path that is to be looked up in it. */
  readonly paths: readonly (readonly [Form, string])[]
  /** True for a rule without query, and for one whose query some reading has. */
  readonly hasQueryOf: (rule: CompiledRule) => boolean
}

/** All that an app may read in a request; null where there are too many readings. */
export function lookUps(asked: Asked): LookUps | null {
  const { app, original } = asked
  const readings = readingsOf(original.target, app.source.pathBytes, app.folds)
  if (readings === null) return null
  const found = readings.flatMap((reading) => inAllForms(app, reading))
  return { paths: [...onlyOnce(found), ...guardedTwins(asked, readings)], hasQueryOf: queryTest(original, readings) }
}

function inAllForms({ forms }: CompiledApp, reading: string): (readonly [Form, string])[] {
  const inLetters = new Map<Form['foldLetters'], string>()
  return forms.map((form) => {
    const { foldLetters, foldEnd } = form
    const letters = inLetters.get(foldLetters) ?? foldLetters(reading)
    inLetters.set(foldLetters, letters)
    return [form, foldEnd(letters)] as const
  })
}

/** Each query is read once, and each rule asked once. What stands after a decoded `?` is a query to some servers. */
function queryTest({ target }: OriginalRequest, readings: readonly string[]): LookUps['hasQueryOf'] {
  const known = new Map<CompiledRule, boolean>()
  let queries: readonly Query[] | null = null
  const read = (): readonly Query[] => {
    const decoded = readings.flatMap((reading) => (reading.includes('?') ? [reading.slice(reading.indexOf('?'))] : []))
    return [...new Set([target.query, ...decoded])].map(readQuery)
  }
  return (rule) => {
    const { query } = rule.rule.source
    if (query === null) return true
    queries ??= read()
    const matches = known.get(rule) ?? queries.some((each) => queryMatches(query, each))
    known.set(rule, matches)
    return matches
  }
}

/**
 * What a path is with other letters or without its last `/`, where a rule stands for just that: `/Docs/x` under
 * `/Docs/**` is looked up as `/docs/x` too where there is `/docs/**`, but not where only `/**` would take it.
 */
function guardedTwins({ app, original, method }: Asked, readings: readonly string[]): (readonly [Form, string])[] {
  if (app.hasOneForm) return []
  const [asWritten] = app.forms
  const { index } = asWritten
  return readings.flatMap((reading) => {
    const small = foldLetterCase(reading)
    const twins = new Set([small, foldLastSlash(reading), foldLastSlash(small)])
    const guarded = [...twins].filter((twin) => {
      const place = twin === reading ? NO_RULE : index.find(twin, method, original)
      return place !== NO_RULE && !index.findAll(reading, method, original, place + 1).includes(place)
    })
    return guarded.map((twin) => [asWritten, twin] as const)
  })
}
