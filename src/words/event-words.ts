import { EN } from './en/en.ts'
import type { WordName, Words } from './words.ts'

type EventName = Exclude<Extract<WordName, `event.${string}`>, 'event.unknown'>

/** An event of the record in words; one that no language knows yet is told by its type. */
export function eventWords(words: Words, type: string): string {
  const name = `event.${type}`
  return isEventName(name) ? words.say(name) : words.say('event.unknown', { type })
}

function isEventName(name: string): name is EventName {
  return Object.hasOwn(EN, name)
}
