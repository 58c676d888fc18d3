import { isIP } from 'node:net'
import { readAddress, readNetworks } from '../lib/address.ts'

/** What is asked of the log, as it was written; all that is given must hold. */
export interface EventQuestion {
  /** Login, or the id of a user. */
  readonly actor?: string
  readonly type?: string
  /** Name of an app of the policy. */
  readonly app?: string
  /** What something was done to, such as `user:alice`. */
  readonly resource?: string
  readonly result?: string
  /** An address, or a network in CIDR form. */
  readonly address?: string
  readonly requestId?: string
  /** From when on, and until before when: ISO 8601, or so long ago, such as `2h`. */
  readonly since?: string
  readonly until?: string
}

/** The same as the statements take it. */
export interface EventFilter {
  readonly actorId: string | null
  readonly actorLogin: string | null
  readonly type: string | null
  readonly app: string | null
  readonly resource: string | null
  readonly result: string | null
  readonly network: string | null
  readonly requestId: string | null
  readonly from: string
  readonly to: string
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const AGO = /^(\d{1,5})([smhdw])$/
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const DATE = /^([1-9]\d{3}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?)?$/
const TIME_SHAPE = 'is a time such as 2026-01-31, 2026-01-31T12:00:00Z, or so long ago, such as 45m, 2h, 7d'
const MAX_TEXT = 256

/** What to look for, or the sentence that says which part of the question can't be read. */
export function readQuestion(question: EventQuestion, nowMs: number): EventFilter | string {
  const { actor, type, app, resource, result, address, requestId, since, until } = question
  const texts = [actor, type, app, resource, requestId].filter((text) => text !== undefined)
  if (texts.some((text) => text.length > MAX_TEXT || text.includes('\0')))
    return `What is looked for is a text of at most ${MAX_TEXT} characters.`
  if (result !== undefined && result !== 'success' && result !== 'failure') return 'result is success or failure.'
  const network = address === undefined ? null : readNetwork(address)
  if (network === undefined) return 'address is an address or a network, such as 192.0.2.1 or 2001:db8::/32.'
  const from = since === undefined ? '-infinity' : readTime(since, nowMs)
  if (from === null) return `since ${TIME_SHAPE}.`
  const to = until === undefined ? 'infinity' : readTime(until, nowMs)
  if (to === null) return `until ${TIME_SHAPE}.`
  const isId = actor !== undefined && UUID.test(actor)
  return {
    actorId: isId ? actor.toLowerCase() : null,
    actorLogin: actor === undefined || isId ? null : actor.trim().toLowerCase(),
    type: type ?? null,
    app: app ?? null,
    resource: resource ?? null,
    result: result ?? null,
    network,
    requestId: requestId ?? null,
    from,
    to,
  }
}

/**
 * A moment in ISO 8601 in UTC, from one that was written so, which is UTC where it names no zone, or from a length of
 * time before now; null for anything else.
 */
export function readTime(text: string, nowMs: number): string | null {
  const [, count, unit = ''] = AGO.exec(text) ?? []
  if (count !== undefined) return new Date(nowMs - Number(count) * (UNIT_MS[unit] ?? 0)).toISOString()
  const [, date, time = '00:00', fraction = '', zone = 'Z'] = DATE.exec(text) ?? []
  if (date === undefined || !isDay(date)) return null
  const ms = Date.parse(`${date}T${time}${zone}`)
  return Number.isNaN(ms) ? null : `${new Date(ms).toISOString().slice(0, 19)}${fraction}Z`
}

/** True where the log is looked through by an index of addresses: for one of them, in the order of time. */
export function isSingleAddress(network: string): boolean {
  return isIP(network) !== 0
}

/** True for what one site has at the most, of which all rows can be sorted. */
export function isSmallNetwork(network: string): boolean {
  const [address = '', bits] = network.split('/')
  return Number(bits) >= (isIP(address) === 4 ? 24 : 48)
}

/** False for the 30th of February, which a `Date` takes for a day of March. */
function isDay(date: string): boolean {
  const ms = Date.parse(date)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date)
}

/** In the form that the database takes; undefined for what is neither an address nor a network. */
function readNetwork(text: string): string | undefined {
  if (text.includes('/')) return typeof readNetworks([text]) === 'string' ? undefined : text
  return text.includes(':') && isIP(text) === 0 ? undefined : (readAddress(text) ?? undefined)
}
