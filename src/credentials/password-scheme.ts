/** One way in which other programs keep passwords. */
export interface PasswordScheme {
  /** As people call it. */
  readonly name: string
  /** How its hashes begin. */
  readonly begins: readonly string[]
  /** What is wrong with a hash that begins so, as a sentence, or null for one that can be verified. */
  fault(hash: string): string | null
  /** Whether the password fits a hash without fault. Bytes are those of the password as it was hashed. */
  verify(hash: string, password: Buffer): Promise<boolean>
}

/** Unpadded base64 in the alphabet of RFC 4648 or passlib's, which has `.` for `+`; null for anything else. */
export function readBase64(text: string): Buffer | null {
  if (!/^[A-Za-z0-9+./]*={0,2}$/.test(text)) return null
  const bytes = Buffer.from(text.replaceAll('.', '+'), 'base64')
  return bytes.length === 0 ? null : bytes
}

/** A decimal number of at most ten digits without leading zeros, within bounds; null for anything else. */
export function readNumber(text: string | undefined, least: number, most: number): number | null {
  if (text === undefined || !/^[1-9]\d{0,9}$/.test(text)) return null
  const value = Number(text)
  return value >= least && value <= most ? value : null
}
