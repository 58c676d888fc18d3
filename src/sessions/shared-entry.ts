import type { Principal } from '../lib/principal.ts'
import type { Known } from './principal-cache.ts'

/** What the second tier keeps of a principal, and when it was written, ms since 1970. */
export interface SharedEntry {
  readonly fact: Omit<Known, 'readAt'>
  readonly writtenAt: number
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const SNAPSHOT = /^\d{1,20}:\d{1,20}:(?:\d{1,20}(?:,\d{1,20})*)?$/
const FACTORS: ReadonlySet<string> = new Set(['password', 'totp', 'webauthn', 'user_verified', 'recovery'])

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isUuid: Check = (value) => typeof value === 'string' && UUID.test(value)
const isTime: Check = (value) => Number.isSafeInteger(value) && Number(value) > 0

const PRINCIPAL: Readonly<Record<keyof Principal, Check>> = {
  userId: isUuid,
  signInId: isUuid,
  login: isText,
  email: isText,
  name: isText,
  roles: (value) => Array.isArray(value) && value.every(isText),
  factors: isFactorTimes,
  absoluteExpiresAt: isTime,
}
const FACT: Readonly<Record<keyof SharedEntry['fact'], Check>> = {
  principal: (value) => hasShape(value, PRINCIPAL),
  host: (value) => value === null || isText(value),
  snapshot: (value) => typeof value === 'string' && SNAPSHOT.test(value),
}
const ENTRY: Readonly<Record<keyof SharedEntry, Check>> = { fact: (value) => hasShape(value, FACT), writtenAt: isTime }

/** Reads JSON of exactly the form that `SharedEntry` has, turning nothing into what it isn't; null for any other. */
export function readEntry(text: string): SharedEntry | null {
  try {
    const value: unknown = JSON.parse(text)
    return hasShape(value, ENTRY) ? (value as SharedEntry) : null
  } catch {
    return null
  }
}

function hasShape(value: unknown, shape: Readonly<Record<string, Check>>): boolean {
  const fields = ownFields(value)
  if (fields === null || fields.length !== Object.keys(shape).length) return false
  return fields.every(([name, field]) => Object.hasOwn(shape, name) && shape[name]?.(field) === true)
}

function isFactorTimes(value: unknown): boolean {
  return ownFields(value)?.every(([name, time]) => FACTORS.has(name) && Number.isSafeInteger(time)) === true
}

function ownFields(value: unknown): [string, unknown][] | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : null
}
