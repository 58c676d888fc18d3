import { EN } from '../words/en/en.ts'
import type { WordName } from '../words/words.ts'

/** The name under which a catalogue says a reason; null for one that it doesn't have. */
export function reasonWordName(reason: string): Plain | null {
  return nameOf('reason', reason)
}

/** The same for what a decision is. */
export function outcomeWordName(kind: string): Plain | null {
  return nameOf('decision', kind)
}

/** The same for a kind of event. */
export function eventWordName(type: string): Plain | null {
  return type === 'unknown' ? null : nameOf('event', type)
}

type Plain = Exclude<Extract<WordName, `reason.${string}` | `decision.${string}` | `event.${string}`>, 'event.unknown'>

function nameOf(subject: 'reason' | 'decision' | 'event', code: string): Plain | null {
  const name = `${subject}.${code}`
  return Object.hasOwn(EN, name) ? (name as Plain) : null
}
