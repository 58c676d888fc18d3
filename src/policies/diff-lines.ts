import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'

/** A text and the name under which people know it. */
export interface NamedText {
  readonly name: string
  readonly text: string
}

const CONTEXT_LINES = 3
/** The cost grows with the product of lengths and differences; two that have nothing in common aren't worth more. */
const MAX_EDIT_LENGTH = 4_000

/** What changed, line by line, as a unified diff; empty for equal texts, null where nearly everything changed. */
export function diffLines(from: NamedText, to: NamedText): string | null {
  if (from.text === to.text) return ''
  const options = { context: CONTEXT_LINES, headerOptions: FILE_HEADERS_ONLY, maxEditLength: MAX_EDIT_LENGTH }
  const patch = createTwoFilesPatch(from.name, to.name, from.text, to.text, undefined, undefined, options)
  return patch ?? null
}
