import type { DocumentPath } from './yaml-document.ts'

/** What a reader tells: a mistake with which Authelia itself wouldn't start, something to know, or something lost. */
export interface Telling {
  readonly mistake: (place: DocumentPath, message: string) => void
  readonly note: (place: DocumentPath, message: string) => void
  readonly loss: (place: DocumentPath, message: string) => void
}

/** A value and where it stands. */
export interface Placed {
  readonly value: unknown
  readonly at: DocumentPath
}

/** A text and where it stands. */
export interface PlacedText {
  readonly text: string
  readonly at: DocumentPath
}

/** What stands under a key; undefined where there is no such key, or no map. */
export function field(value: unknown, key: string): unknown {
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The values of a list; one value alone stands for a list of one, as Authelia reads it, and nothing for none. */
export function listAt(value: unknown, at: DocumentPath): Placed[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) return [{ value, at }]
  return value.map((item: unknown, index) => ({ value: item, at: [...at, index] }))
}

/** The texts under a key, one alone or a list. */
export function textsAt(map: unknown, key: string, place: DocumentPath, tell: Telling): PlacedText[] {
  return listAt(field(map, key), [...place, key]).flatMap(({ value, at }) => {
    if (typeof value === 'string') return [{ text: value, at }]
    tell.mistake(at, 'Must be a text.')
    return []
  })
}
