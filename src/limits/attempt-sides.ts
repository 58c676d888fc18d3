import { createHash, createHmac } from 'node:crypto'
import { networkOf, siteOf } from './network.ts'

/** What is proven by an attempt; `basic` guesses the password too, so both share one ceiling. */
export type AttemptFactor = 'password' | 'totp' | 'recovery' | 'webauthn' | 'basic' | 'token'

export interface Attempt {
  /** Login or e-mail address as typed; unknown ones are counted like all others, under an HMAC. */
  readonly name: string
  readonly userId: string | null
  readonly address: string | null
  /** SHA-256 of the device cookie's token, as `readDevice` gives it. */
  readonly deviceHash: Buffer | null
  readonly factor: AttemptFactor
}

/** From where and of whom failures are counted together. */
export type SideName = 'person_network' | 'network' | 'person' | 'device'

/** When a side is stopped, and when its count begins anew. */
export interface SideRule {
  /** So many failures may be checked before it stops; each further one stops it for twice as long. */
  readonly stopsAfter: number
  /** Infinity where time doesn't help. */
  readonly firstStopMs: number
  readonly longestStopMs: number
  /** After so long without a failure, or after the end of a stop, nothing is remembered. */
  readonly forgetMs: number
}

/** One count that an attempt belongs to. */
export interface Side {
  readonly name: SideName
  /** SHA-256 that names the count. */
  readonly key: Buffer
  readonly factor: AttemptFactor
  readonly subject: Buffer | null
  readonly userId: string | null
  readonly network: string | null
}

/**
 * An attempt from a device that its user doesn't know counts on three sides; one from a known device on its own, and with
 * a success it ends the person's failures in a row all the same.
 */
export type Sides =
  | { readonly kind: 'unknown_device'; readonly pair: Side; readonly network: Side; readonly person: Side }
  | { readonly kind: 'known_device'; readonly device: Side; readonly person: Side }

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** NIST SP 800-63B-4, 3.2.2: no more than so many failures in a row of one authenticator. */
export const CEILING = 100

/**
 * One network gets through 21 passwords of one name in 34 hours and one a day from then on, or about 15 a day where it
 * waits until a stop is forgotten. Of IPv6 it is a /48, so that whoever has one reaches the ceiling no sooner than by IPv4.
 * A network's own count takes a person that fails once more for every five failures, so typing errors of an office don't
 * add up.
 */
export const RULES: Readonly<Record<SideName, SideRule>> = {
  person_network: { stopsAfter: 10, firstStopMs: MINUTE_MS, longestStopMs: DAY_MS, forgetMs: DAY_MS },
  network: { stopsAfter: 50, firstStopMs: 5 * MINUTE_MS, longestStopMs: HOUR_MS, forgetMs: HOUR_MS },
  person: { stopsAfter: CEILING, firstStopMs: Infinity, longestStopMs: Infinity, forgetMs: 30 * DAY_MS },
  device: { stopsAfter: 10, firstStopMs: MINUTE_MS / 2, longestStopMs: HOUR_MS, forgetMs: 7 * DAY_MS },
}

/** A person's failures from one network that make one of that network's. */
export const FAILURES_A_PERSON = 5

const DELAY_FROM = 4
const FIRST_DELAY_MS = 250
const LONGEST_DELAY_MS = 2_000

/** How long an attempt waits that is the so-manieth in a row of its side. */
export function delayOf(failures: number): number {
  if (failures < DELAY_FROM) return 0
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - DELAY_FROM))
}

/** What a name is known by where attempts are counted: as it was typed, so that no count tells which names belong together. */
export function subjectOf(nameKey: Buffer, name: string): Buffer {
  return createHmac('sha256', nameKey).update(name.trim().toLowerCase()).digest()
}

/** @param isKnownDevice whether the user signed in with this cookie before */
export function sidesOf(nameKey: Buffer, attempt: Attempt, isKnownDevice: boolean): Sides {
  const { userId, factor, deviceHash, address } = attempt
  const subject = subjectOf(nameKey, attempt.name)
  const network = address === null ? null : networkOf(address)
  const guessed = factor === 'basic' ? 'password' : factor
  const whole = { factor, subject, userId, network }
  const who = userId ?? subject.toString('hex')
  const key = digest('person', guessed, who)
  const person: Side = { ...whole, name: 'person', key, factor: guessed, network: null }
  if (isKnownDevice && deviceHash !== null) {
    const ofDevice = digest('device', factor, userId ?? '', deviceHash.toString('hex'))
    return { kind: 'known_device', device: { name: 'device', key: ofDevice, ...whole }, person }
  }
  const site = address === null ? null : siteOf(address)
  const pairKey = digest('pair', factor, subject.toString('hex'), site ?? 'unknown')
  return {
    kind: 'unknown_device',
    pair: { ...whole, name: 'person_network', key: pairKey, network: site },
    network: {
      name: 'network',
      key: digest('network', guessed, network ?? 'unknown'),
      ...whole,
      factor: guessed,
      ...NOBODY,
    },
    person,
  }
}

const NOBODY = { subject: null, userId: null } as const

function digest(...parts: readonly string[]): Buffer {
  return createHash('sha256').update(parts.join('\0')).digest()
}
