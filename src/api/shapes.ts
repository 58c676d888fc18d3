import { z } from 'zod'

/** What replies are made of. */
export const TIME = z.iso.datetime()
export const MAYBE_TIME = TIME.nullable()
export const TEXT = z.string()
export const MAYBE_TEXT = z.string().nullable()
export const TEXTS = z.array(z.string())
export const COUNT = z.number().int().min(0)

/** `data` of a reply that has none. */
export const NOTHING = z.undefined()

/** What requests are made of: bounded, and without what no field of ours may hold. */
export const LOGIN = z.string().min(1).max(64).describe('Login of a user.')
export const ROLE = z.string().min(1).max(64)
export const ROLES = z.array(ROLE).max(100)
export const ID = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  .describe('Id as another reply told it.')
export const REASON = z.string().min(1).max(500).describe('Why, for those who read the record.')
export const APP = z.string().min(1).max(128).describe('Name of an app of the policy.')
/** A moment, or so long ago. */
export const SINCE = z.string().max(64).describe('Such as 2026-01-31T12:00:00Z, or so long ago, such as 2h or 7d.')

const MAX_PLACE = 512

/**
 * Where a page ended, as text that says nothing to others.
 * @param place what tells the last row from all others, in the order of the list
 */
export function writePlace(...place: readonly string[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

/** What `writePlace` was given, each part tested; null for what it didn't make. */
export function readPlace(text: string, ...parts: readonly RegExp[]): string[] | null {
  if (text.length > MAX_PLACE || !/^[A-Za-z0-9_-]+$/.test(text)) return null
  try {
    const place: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    const isRead = Array.isArray(place) && place.length === parts.length
    return isRead && place.every((part, at) => typeof part === 'string' && parts[at]?.test(part)) ? place : null
  } catch {
    return null
  }
}

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** Fields without those that were left out. */
export function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>
}
