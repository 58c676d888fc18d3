import { createHmac } from 'node:crypto'
import { readHost } from '../lib/host.ts'
import type { DerivedKeys } from '../lib/key-ring.ts'
import { equalSecrets } from '../lib/secrets.ts'
import { readTarget } from '../lib/target.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { findApp } from '../policies/find-app.ts'

/** Where a visitor goes back to: only ever a page of an app that the policy has when it is used. */
export interface ReturnAddress {
  readonly url: string
  /** Origin of the app, for the page's `form-action`. */
  readonly origin: string
  /** Host for people to see. */
  readonly host: string
  /** Path and query. */
  readonly target: string
}

/** A return address as it was signed. */
export interface OpenedReturn extends ReturnAddress {
  /** SHA-256 of the state cookie of a browser that waits on the app's host for a hand-over; null where none does. */
  readonly stateHash: string | null
}

/** Signs and opens return addresses, so that the only one a visitor can write is checked at `/.postern/start`. */
export interface ReturnAddresses {
  /** @returns null for what no app of the policy has */
  find(wanted: WantedReturn): ReturnAddress | null
  /** @returns text for a URL parameter, valid for 10 minutes; null for what no app of the policy has */
  sign(wanted: WantedReturn): string | null
  /** @returns null for anything forged, expired, or no longer an app's */
  open(text: string): OpenedReturn | null
}

export interface WantedReturn {
  /** Host of an app, with its port where that is known. */
  readonly host: string
  /** Path and query, unsigned. */
  readonly target: string
  /** As `OpenedReturn` has it; null unless given. */
  readonly stateHash?: string | null
}

const LIFE_MS = 600_000
const MAX_TARGET_BYTES = 2_048

/** Pages of our own, below the public URL, that somebody may be sent away from to prove first who he is. */
const OWN_PAGES = ['/account/factors', '/account/api-tokens', '/account/email', '/account/password']
/** The console's, with whatever their forms are to be filled in with again. */
const CONSOLE_PAGE = /^\/admin(?:\/[\w.~@%+:-]+)*$/

/** @param keys for these alone. @param now ms since 1970. @param publicUrl whose own pages count too, where given */
export function createReturnAddresses(
  keys: Pick<DerivedKeys, 'minting' | 'all'>,
  policy: () => CompiledPolicy,
  now: () => number,
  publicUrl: URL | null = null,
): ReturnAddresses {
  const own = publicUrl === null ? () => null : createOwnPages(publicUrl)
  const mac = (key: Buffer, payload: string): string => createHmac('sha256', key).update(payload).digest('base64url')
  const isOurs = (payload: string, signature: string): boolean =>
    keys.all.some((key) => equalSecrets(mac(key, payload), signature))
  return {
    find: ({ host, target }) => locate(policy(), own, { host, target: bounded(target) }),
    sign({ host, target: asked, stateHash = null }) {
      const target = bounded(asked)
      if (locate(policy(), own, { host, target }) === null) return null
      const payload = Buffer.from(JSON.stringify([host, target, now() + LIFE_MS, stateHash])).toString('base64url')
      return `${payload}.${mac(keys.minting, payload)}`
    },
    open(text) {
      const [payload = '', signature = '', ...rest] = text.split('.')
      if (rest.length > 0 || !isOurs(payload, signature)) return null
      const [host, target, expiresAt, stateHash] = readPayload(payload)
      const found = expiresAt > now() ? locate(policy(), own, { host, target }) : null
      return found === null ? null : { ...found, stateHash }
    },
  }
}

/** Longer ones become the app's root, on every way (DESIGN 4.3). */
function bounded(target: string): string {
  return target.length > MAX_TARGET_BYTES ? '/' : target
}

type Payload = readonly [host: string, target: string, expiresAt: number, stateHash: string | null]

/** Our own text, so it has our own form. */
function readPayload(payload: string): Payload {
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Payload
}

/** Built from checked parts alone, so what a browser makes of it can't be another host. */
function locate(
  policy: CompiledPolicy,
  own: OwnPages,
  { host: hostText, target: targetText }: WantedReturn,
): ReturnAddress | null {
  const page = own(hostText, targetText)
  if (page !== null) return page
  const host = readHost(hostText)
  const target = readTarget(targetText)
  if (host === null || typeof target === 'string') return null
  const app = findApp(policy, host, null)
  if (!('origin' in app)) return null
  const origin = app.origin(host.name)
  const back = target.path + target.query
  return { url: origin + back, origin, host: host.name, target: back }
}

/** The page of our own at a host and target; null for what is none. */
type OwnPages = (host: string, target: string) => ReturnAddress | null

function createOwnPages({ origin, host, pathname }: URL): OwnPages {
  const base = pathname.replace(/\/$/, '')
  return (wantedHost, text) => {
    const read = readTarget(text)
    if (wantedHost !== host || typeof read === 'string' || !read.path.startsWith(base)) return null
    const page = read.path.slice(base.length)
    if (!CONSOLE_PAGE.test(page) && !(OWN_PAGES.includes(page) && read.query === '')) return null
    const target = read.path + read.query
    return { url: origin + target, origin, host, target }
  }
}
