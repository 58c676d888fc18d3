import { DE } from './de/de.ts'
import { EN } from './en/en.ts'
import { placesOf, textsOf } from './message.ts'
import type { Message } from './message.ts'
import { createWords } from './words.ts'
import type { Translation, Words, WordName } from './words.ts'

/** The languages that are to be had, and the choice among them. */
export interface Languages {
  readonly all: readonly Words[]
  /** The one that is meant by a tag such as `de` or `de-AT`; null for one that isn't there. */
  find(tag: string): Words | null
  /**
   * @param chosen what its reader chose before, or null
   * @param accepted header `Accept-Language` (RFC 9110 12.5.4)
   */
  choose(chosen: string | null, accepted: string | undefined): Words
}

/** Complete: a name that lacks doesn't compile. */
const GERMAN: Readonly<Record<WordName, Message>> = DE
/** Longer headers are written by nobody's browser. */
const MAX_ACCEPTED = 1_000
const MAX_TEXT = 2_000
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u
const FORMS: ReadonlySet<string> = new Set(['zero', 'one', 'two', 'few', 'many', 'other'])

/**
 * @param usual tag of the language for whoever asks for none that is there
 * @param more translations from files by tag, checked by `readTranslation`
 */
export function createLanguages(usual: string, more: ReadonlyMap<string, Translation> = new Map()): Languages {
  const own = new Map<string, Translation>([
    ['en', EN],
    ['de', GERMAN],
  ])
  const tags = new Set([...own.keys(), ...more.keys()])
  const all = [...tags].map((tag) => createWords(tag, { ...own.get(tag), ...more.get(tag) }))
  const find = (tag: string): Words | null => {
    const wanted = tag.toLowerCase()
    const exact = all.find((words) => words.tag.toLowerCase() === wanted)
    return exact ?? all.find((words) => words.tag.toLowerCase() === wanted.split('-')[0]) ?? null
  }
  const fallBack = find(usual) ?? createWords('en', EN)
  return {
    all,
    find,
    choose(chosen, accepted = '') {
      const own = chosen === null ? null : find(chosen)
      if (own !== null) return own
      for (const tag of tagsOf(accepted.slice(0, MAX_ACCEPTED))) {
        const words = find(tag)
        if (words !== null) return words
      }
      return fallBack
    },
  }
}

/** The English catalogue as JSON, to be translated. */
export function translationTemplate(): string {
  return JSON.stringify(EN, null, 2)
}

/**
 * A translation as a file gives it: an object of names and texts, or of plural forms.
 * @returns the sentence that says what is wrong where it can't be used
 */
export function readTranslation(value: unknown): Translation | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'It is no JSON object.'
  for (const [name, message] of Object.entries(value)) {
    const fault = messageFault(name, message)
    if (fault !== null) return fault
  }
  return value
}

function messageFault(name: string, message: unknown): string | null {
  if (!Object.hasOwn(EN, name)) return `Nothing is called ${name}.`
  if (!isMessage(message)) return `${name} is neither a text nor an object of plural forms with "other".`
  const bad = textsOf(message).find((text) => text.trim() === '' || text.length > MAX_TEXT || CONTROLS.test(text))
  if (bad !== undefined) return `${name} is empty, over ${MAX_TEXT} characters, or has control characters.`
  const places = placesOf(EN[name as WordName])
  const odd = [...placesOf(message)].find((place) => !places.has(place))
  return odd === undefined ? null : `${name} has a place {${odd}} that is never filled.`
}

function isMessage(value: unknown): value is Message {
  if (typeof value === 'string') return true
  if (typeof value !== 'object' || value === null || !('other' in value)) return false
  return Object.entries(value).every(([form, text]) => FORMS.has(form) && typeof text === 'string')
}

/** Tags of an `Accept-Language`, the most wanted first; what can't be read is passed over. */
function tagsOf(accepted: string): string[] {
  const wanted = accepted.split(',').flatMap((item) => {
    const found = /^\s*([a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*$/i.exec(item)
    const weight = Number(found?.[2] ?? 1)
    return found?.[1] === undefined || weight === 0 ? [] : [{ tag: found[1], weight }]
  })
  return wanted.toSorted((one, other) => other.weight - one.weight).map(({ tag }) => tag)
}
