import { diffLines } from './diff-lines.ts'
import type { NamedText } from './diff-lines.ts'
import { diffPolicies } from './diff.ts'
import type { PolicyDifference } from './diff.ts'
import { readPolicyFile } from './policy-file.ts'

/** What differs between two texts of a policy. */
export interface TextDifference {
  /** In meaning; null where one of the two can't be read. */
  readonly differences: readonly PolicyDifference[] | null
  /** A unified diff, empty for equal texts; null where nearly every line differs. */
  readonly lines: string | null
}

/** Reads both and compares them, in meaning and line by line. 10,000 rules take seconds. */
export function diffSources(from: NamedText, to: NamedText): TextDifference {
  const [before, after] = [readPolicyFile(from.text), readPolicyFile(to.text)]
  return {
    differences: Array.isArray(before) || Array.isArray(after) ? null : diffPolicies(before, after),
    lines: diffLines(from, to),
  }
}
