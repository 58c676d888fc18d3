import { createHmac } from 'node:crypto'

/** What every authenticator app does when it is told nothing else: SHA-1, six digits, 30 seconds (RFC 6238). */
const STEP_MS = 30_000
const DIGITS = 6
/** A step before and after the present one: a clock that is wrong by 30 s, or a code typed late (RFC 6238, 5.2). */
const WINDOW = [-1, 0, 1] as const
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4226, 4, recommends 160 bits. */
export const TOTP_KEY_BYTES = 20

/**
 * The time step a code belongs to, or null when it fits none: only six ASCII digits ever do, since texts are compared.
 * Takes the same time for every code.
 * @param nowMs ms since 1970
 * @returns the step, so that the caller can refuse its second use (RFC 6238, 5.2)
 */
export function matchTotpStep(key: Uint8Array, code: string, nowMs: number): number | null {
  const present = Math.floor(nowMs / STEP_MS)
  let matched: number | null = null
  for (const offset of WINDOW) {
    const step = present + offset
    if (step >= 0 && totpCode(key, step) === code) matched = step
  }
  return matched
}

/** The code of one time step. @param digits six, but for the vectors of the RFC */
export function totpCode(key: Uint8Array, step: number, digits = DIGITS): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', key).update(counter).digest()
  // Dynamic truncation (RFC 4226, 5.3).
  const offset = (mac.at(-1) ?? 0) & 0xf
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** digits).padStart(digits, '0')
}

/** The key as people type it: Base32 of RFC 4648 without padding. */
export function totpKeyText(key: Uint8Array): string {
  let bits = ''
  for (const byte of key) bits += byte.toString(2).padStart(8, '0')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}

/** What an authenticator app reads from a QR code. */
export function totpUri({ key, issuer, account }: { key: Uint8Array; issuer: string; account: string }): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?secret=${totpKeyText(key)}&issuer=${encodeURIComponent(issuer)}`
}
