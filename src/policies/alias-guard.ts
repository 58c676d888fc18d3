import { foldHeaderName } from './header-rules.ts'

/** Finds client headers that an app could take for what it is told of its visitor. */
export interface AliasGuard {
  /** The name folded by `foldHeaderName` where some app could take it for an identity header, else null. */
  aliasOf(name: string): string | null
}

/** Ours alone, in every spelling: no client has a reason to send one. */
export const RESERVED_PREFIX = 'x-postern-'

const SMALL = 0x20

/** @param names folded names of the headers by which apps are told of their visitors */
export function createAliasGuard(names: ReadonlySet<string>): AliasGuard {
  // Nearly every header is told apart by its first letter, before anything is folded.
  const initials = new Set([...names, RESERVED_PREFIX].map((name) => name.charCodeAt(0) | SMALL))
  return {
    aliasOf(name) {
      if (!initials.has(name.charCodeAt(0) | SMALL)) return null
      const folded = foldHeaderName(name)
      return names.has(folded) || folded.startsWith(RESERVED_PREFIX) ? folded : null
    },
  }
}
