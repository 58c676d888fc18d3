import { createHmac } from 'node:crypto'
import { readHost } from '../lib/host.ts'
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
}

/** Signs and opens return addresses, so that the only one a visitor can write is checked at `/.postern/start`. */
export interface ReturnAddresses {
  /** @returns text for a URL parameter, valid for 10 minutes; null for what no app of the policy has */
  sign(wanted: WantedReturn): string | null
  /** @returns null for anything forged, expired, or no longer an app's */
  open(text: string): ReturnAddress | null
}

export interface WantedReturn {
  /** Host of an app, with its port where that is known. */
  readonly host: string
  /** Path and query, unsigned. */
  readonly target: string
}

const LIFE_MS = 600_000
const MAX_TARGET_BYTES = 2_048

/** @param key for these alone. @param now ms since 1970 */
export function createReturnAddresses(key: Buffer, policy: () => CompiledPolicy, now: () => number): ReturnAddresses {
  const mac = (payload: string): string => createHmac('sha256', key).update(payload).digest('base64url')
  return {
    sign({ host, target: asked }) {
      const target = asked.length > MAX_TARGET_BYTES ? '/' : asked
      if (locate(policy(), { host, target }) === null) return null
      const payload = Buffer.from(JSON.stringify([host, target, now() + LIFE_MS])).toString('base64url')
      return `${payload}.${mac(payload)}`
    },
    open(text) {
      const [payload = '', signature = '', ...rest] = text.split('.')
      if (rest.length > 0 || !equalSecrets(mac(payload), signature)) return null
      // Our own text, so it has our own form.
      const [host, target, expiresAt] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [
        string,
        string,
        number,
      ]
      return expiresAt > now() ? locate(policy(), { host, target }) : null
    },
  }
}

/** Built from checked parts alone, so what a browser makes of it can't be another host. */
function locate(policy: CompiledPolicy, { host: hostText, target: targetText }: WantedReturn): ReturnAddress | null {
  const host = readHost(hostText)
  const target = readTarget(targetText)
  if (host === null || typeof target === 'string') return null
  const app = findApp(policy, host, null)
  if (!('origin' in app)) return null
  const origin = app.origin(host.name)
  return { url: origin + target.path + target.query, origin, host: host.name }
}
