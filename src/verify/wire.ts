import type { Lane } from '../observe/verify-durations.ts'
import type { AliasGuard } from '../policies/alias-guard.ts'
import { DOUBLED } from '../web/cookies.ts'
import type { Credentials } from './credentials.ts'
import { createHeaderMeanings } from './header-meanings.ts'
import type { MeaningOf } from './header-meanings.ts'

/** A verify request as it came over the wire, whichever server read it. */
export interface WireRequest {
  /** Names and values in turn, as they were sent, doubled ones too. */
  readonly rawHeaders: readonly string[]
  /** Of the verify request itself. */
  readonly method: string
  /** What follows the app's name in the URL, query included, as it was sent; empty where nothing does. */
  readonly target: string
  /** Address of the peer, or null on a Unix socket. */
  readonly peer: string | null
  /** The app that the URL names, or null. */
  readonly appName: string | null
  /** Who read it; the ordinary server unless given. */
  readonly lane?: Lane
}

/** A value for each wanted header, or why one can't be had. */
export interface WireHeaders extends Credentials {
  readonly values: readonly string[]
  readonly secret: string | null
  /** Folded names of headers that an app could take for identity headers. */
  readonly aliases: readonly string[]
  /** Methods that headers such as `X-HTTP-Method-Override` name, in capital letters. */
  readonly overrides: readonly string[]
  /** First values of the headers of `HINTS`, in that order; empty where absent. */
  readonly hints: readonly string[]
  readonly fault: 'missing_header' | 'doubled_header' | null
}

/**
 * Reads a closed list of headers in one pass: each exactly once and not empty, else a fault. Never falls back to
 * another header: what a proxy does not overwrite, a client can write.
 * @param wanted lower-case names, in the order in which `values` gives them
 */
export type ReadWireHeaders = (
  rawHeaders: readonly string[],
  wanted: readonly string[],
  guard: AliasGuard,
) => WireHeaders

/** Keeps what names mean for as long as the policy names the same headers. */
export function createWireReader(): ReadWireHeaders {
  const meaningsFor = new Map<readonly string[], MeaningOf>()
  let knownGuard: AliasGuard | null = null
  return (rawHeaders, wanted, guard) => {
    if (guard !== knownGuard) meaningsFor.clear()
    knownGuard = guard
    let meaningOf = meaningsFor.get(wanted)
    if (meaningOf === undefined) {
      meaningOf = createHeaderMeanings(wanted, guard)
      meaningsFor.set(wanted, meaningOf)
    }
    return readHeaders(rawHeaders, wanted, meaningOf)
  }
}

const NONE: readonly string[] = []

function readHeaders(rawHeaders: readonly string[], wanted: readonly string[], meaningOf: MeaningOf): WireHeaders {
  const values = wanted.map(() => '')
  const hints: string[] = ['', '', '', '', '']
  const cookies: string[] = []
  let authorization: Credentials['authorization'] = null
  let aliases = NONE
  let overrides = NONE
  let secret: string | null = null
  let seen = 0
  let fault: WireHeaders['fault'] = null
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const value = rawHeaders[i + 1] ?? ''
    const { kind, place, isList, alias, isOverride } = meaningOf(rawHeaders[i] ?? '')
    if (kind === 'wanted') {
      const isAnother = (seen & (1 << place)) !== 0
      if (!isAnother) values[place] = value
      else if (isList) values[place] += `,${value}`
      else fault ??= 'doubled_header'
      seen |= 1 << place
    } else if (kind === 'cookie') cookies.push(value)
    else if (kind === 'authorization') authorization = authorization === null ? value : DOUBLED
    else if (kind === 'hint') hints[place] ||= value
    else if (kind === 'secret') {
      if (secret !== null) fault ??= 'doubled_header'
      secret = value
    }
    if (isOverride) overrides = [...overrides, ...methodIn(value)]
    if (alias !== null) aliases = [...aliases, alias]
  }
  if (values.includes('')) fault ??= 'missing_header'
  return { values, cookies, authorization, secret, aliases, overrides, hints, fault }
}

/** The method that the value of such a header names; an empty one names none. */
export function methodIn(value: string): readonly string[] {
  const method = value.trim().toUpperCase()
  return method === '' ? NONE : [method]
}
