import type { Principal, TokenScope } from '../lib/principal.ts'
import type { Known } from './principal-cache.ts'
import type { Shown } from './trail.ts'

/** What the second tier keeps of a principal, and when it was written, ms since 1970. */
export interface SharedEntry {
  readonly fact: Omit<Known, 'readAt' | 'rolesUntil' | 'trail'>
  readonly writtenAt: number
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const SNAPSHOT = /^\d{1,20}:\d{1,20}:(?:\d{1,20}(?:,\d{1,20})*)?$/
const FACTORS: ReadonlySet<string> = new Set(['password', 'totp', 'webauthn', 'user_verified', 'recovery'])

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isUuid: Check = (value) => typeof value === 'string' && UUID.test(value)
const isTime: Check = (value) => Number.isSafeInteger(value) && Number(value) > 0

const isTexts: Check = (value) => Array.isArray(value) && value.every(isText)
const isListed: Check = (value) => value === null || isTexts(value)

const SCOPE: Readonly<Record<keyof TokenScope, Check>> = {
  apps: isListed,
  hosts: isListed,
  paths: isListed,
  methods: isListed,
  networks: isListed,
  api: isListed,
}
/** `basic` is not among them: what a password proved stays in the process that checked it. */
const VIA: Readonly<Record<'kind' | 'scope', Check>> = {
  kind: (value) => value === 'api_token',
  scope: (value) => hasShape(value, SCOPE),
}
const SIGNED_IN: Readonly<Record<Exclude<keyof Principal, 'via' | 'movedAt'>, Check>> = {
  userId: isUuid,
  signInId: isUuid,
  login: isText,
  email: isText,
  name: isText,
  roles: isTexts,
  factors: isFactorTimes,
  absoluteExpiresAt: isTime,
}
const MOVED = { ...SIGNED_IN, movedAt: isTime }
const BY_TOKEN = { ...SIGNED_IN, via: (value: unknown) => hasShape(value, VIA) }
const SHOWN: Readonly<Record<keyof Shown, Check>> = { networks: isTexts, devices: isTexts, moves: isTexts }
const FACT: Readonly<Record<Exclude<keyof SharedEntry['fact'], 'shown'>, Check>> = {
  principal: (value) => [SIGNED_IN, MOVED, BY_TOKEN].some((shape) => hasShape(value, shape)),
  host: (value) => value === null || isText(value),
  snapshot: (value) => typeof value === 'string' && SNAPSHOT.test(value),
}
const BOUND_FACT = { ...FACT, shown: (value: unknown) => hasShape(value, SHOWN) }
const ENTRY: Readonly<Record<keyof SharedEntry, Check>> = {
  fact: (value) => hasShape(value, FACT) || hasShape(value, BOUND_FACT),
  writtenAt: isTime,
}

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
