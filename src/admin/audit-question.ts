import { EVENT_TYPES } from '../audit/events.ts'
import { readQuestion } from '../audit/search-filter.ts'
import type { EventFilter, EventQuestion } from '../audit/search-filter.ts'
import { askedFor } from './user-parts.ts'

/** The fields of the search form, which its address has too. */
export const QUESTION_FIELDS = [
  'actor',
  'type',
  'app',
  'resource',
  'result',
  'address',
  'request_id',
  'since',
  'until',
] as const
export type QuestionField = (typeof QUESTION_FIELDS)[number]
export type Asked = Readonly<Record<QuestionField, string>>

export const EVENT_NAMES = Object.keys(EVENT_TYPES).toSorted()
export const MAX_FIELD = 256

/** What an address asks for; empty where it doesn't. @throws PosternError `bad_request` */
export function readAsked(query: unknown): Asked {
  const given = QUESTION_FIELDS.map((name) => [name, askedFor(query, name, MAX_FIELD).trim()] as const)
  return Object.fromEntries(given) as Asked
}

/** What of it is given, as the log takes it and as it is written down that somebody asked. */
export function questionOf({ request_id: requestId, ...others }: Asked): EventQuestion {
  const given = Object.entries({ ...others, requestId }).filter(([, value]) => value !== '')
  return Object.fromEntries(given)
}

/** The sentence that says what can't be read, in English. */
export function filterOf(asked: Asked): EventFilter | string {
  return readQuestion(questionOf(asked), Date.now())
}
