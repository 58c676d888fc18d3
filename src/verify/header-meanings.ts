import { ownCopy } from '../lib/own-copy.ts'
import type { AliasGuard } from '../policies/alias-guard.ts'

/** What a header of one name is to us, whatever its value is. */
export interface HeaderMeaning {
  readonly kind: 'wanted' | 'cookie' | 'authorization' | 'secret' | 'hint' | 'client'
  /** Of a wanted one in the list of those, of a hint in `HINTS`; 0 for all others. */
  readonly place: number
  /** Of a wanted one that may come in several lines, which are one list (RFC 9110, 5.3). */
  readonly isList: boolean
  /** Its folded name where an app could take it for an identity header. */
  readonly alias: string | null
  /** Whether frameworks believe it rather than the request line. */
  readonly isOverride: boolean
}

/** Gives the meaning of a name in any letter case. */
export type MeaningOf = (name: string) => HeaderMeaning

/** By which a browser that goes to a page is told from a program, and last what it calls itself. */
export const HINTS = ['sec-fetch-mode', 'x-requested-with', 'upgrade', 'accept', 'user-agent'] as const

/** What Symfony, Laravel, Rails and Yii believe rather than the request line. */
const METHOD_OVERRIDES = new Set(['x-http-method-override', 'x-http-method', 'x-method-override'])
/** Browsers and proxies have a few hundred between them; whoever makes up more is looked up each time. */
const MAX_KNOWN = 1_000
const MAX_NAME = 64

/**
 * Remembers by each spelling of a name what it means, so that it is folded once.
 * @param wanted lower-case names
 */
export function createHeaderMeanings(wanted: readonly string[], guard: AliasGuard): MeaningOf {
  const known = new Map<string, HeaderMeaning>()
  return (name) => {
    const remembered = known.get(name)
    if (remembered !== undefined) return remembered
    const meaning = findMeaning(name.toLowerCase(), wanted, guard)
    if (known.size < MAX_KNOWN && name.length <= MAX_NAME) known.set(ownCopy(name), meaning)
    return meaning
  }
}

/** @param name of a header, in any letter case; an underscore may stand for a dash */
export function isMethodOverride(name: string): boolean {
  return METHOD_OVERRIDES.has(name.toLowerCase().replaceAll('_', '-'))
}

function findMeaning(name: string, wanted: readonly string[], guard: AliasGuard): HeaderMeaning {
  const place = wanted.indexOf(name)
  const other = { place: 0, isList: false, alias: null, isOverride: false }
  if (place !== -1) return { ...other, kind: 'wanted', place, isList: name === 'x-forwarded-for' }
  if (name === 'cookie') return { ...other, kind: 'cookie' }
  if (name === 'x-postern-secret') return { ...other, kind: 'secret' }
  const hint = HINTS.findIndex((each) => each === name)
  const alias = guard.aliasOf(name)
  // An app that is told a password by us must not be told another by the client.
  if (name === 'authorization') return { ...other, kind: 'authorization', alias }
  if (hint !== -1) return { ...other, kind: 'hint', place: hint, alias }
  return { ...other, kind: 'client', alias, isOverride: isMethodOverride(name) }
}
