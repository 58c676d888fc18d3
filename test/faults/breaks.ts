/** One place of the program that is made wrong. */
export interface Break {
  /** Path below `src`. */
  readonly file: string
  /** Texts that must be there, and what takes their place. */
  readonly replace: readonly (readonly [right: string, wrong: string])[]
}

/** Ways to break a promise on purpose, so that it shows whether the checker sees it. */
export const BREAKS = {
  'void rule': {
    file: 'store/known-changes.ts',
    replace: [['oldestUnseen(snapshot) < beginning || hides(snapshot, userId) || hides(snapshot, signInId)', 'false']],
  },
  'second comparison': {
    file: 'sessions/principal-reader.ts',
    replace: [
      ['if (known === null || !isVoid(known)) return known', 'return known'],
      ['if (found.known === null || isVoid(found.known)) return found', 'if (found.known === null) return found'],
      ['if (known !== null && isVoid(known)) continue', 'if (false) continue'],
    ],
  },
  'freshness rule': {
    file: 'sessions/outage.ts',
    replace: [['feed.isFresh() || (feed.unreachable && graceLeft() > 0)', 'true']],
  },
} as const satisfies Record<string, Break>

export type BreakName = keyof typeof BREAKS

/**
 * The source with one thing broken.
 * @throws Error when a text isn't there exactly once: then the program has changed and the break must as well
 */
export function breakSource(source: string, { file, replace }: Break): string {
  return replace.reduce((text, [right, wrong]) => {
    const parts = text.split(right)
    if (parts.length !== 2) throw new Error(`src/${file} has ${parts.length - 1} times: ${right}`)
    return parts.join(wrong)
  }, source)
}
