import { EN } from '../words/en/en.ts'
import type { WordName, Words } from '../words/words.ts'

type CodeOf<Name> = Name extends `done.${infer Code}` ? Code : never

/** What a page says after a redirect: whatever a catalogue has below `done.`, and nothing else. */
export type DoneCode = CodeOf<WordName>

/** The sentence for a code out of an address; null for one that nobody gave. */
export function doneText(words: Words, code: string | null): string | null {
  return code !== null && isDoneCode(code) ? words.say(`done.${code}`) : null
}

function isDoneCode(code: string): code is DoneCode {
  return Object.hasOwn(EN, `done.${code}`)
}
