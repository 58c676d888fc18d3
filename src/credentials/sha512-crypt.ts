import { createHash } from 'node:crypto'

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const DIGEST_BYTES = 64

/** The 86 characters that stand last in a `$6$` hash (Drepper, Unix crypt using SHA-256 and SHA-512, 2008). */
export function sha512Crypt(password: Uint8Array, salt: Uint8Array, rounds: number): string {
  const alternate = sha512(password, salt, password)
  let digest = sha512(password, salt, stretch(alternate, password.length), ...mixed(password, alternate))
  const p = stretch(sha512(repeat(password, password.length)), password.length)
  const s = stretch(sha512(repeat(salt, 16 + (digest[0] ?? 0))), salt.length)
  for (let round = 0; round < rounds; round++) {
    const isOdd = round % 2 === 1
    const parts = [isOdd ? p : digest]
    if (round % 3 !== 0) parts.push(s)
    if (round % 7 !== 0) parts.push(p)
    parts.push(isOdd ? digest : p)
    digest = sha512(...parts)
  }
  return encode(digest)
}

/** By the bits of its length, from the lowest: the alternate digest or the password. */
function mixed(password: Uint8Array, alternate: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let bits = password.length; bits > 0; bits >>= 1) parts.push(bits % 2 === 1 ? alternate : password)
  return parts
}

function sha512(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha512')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

function stretch(digest: Uint8Array, length: number): Uint8Array {
  return repeat(digest, Math.ceil(length / DIGEST_BYTES)).subarray(0, length)
}

function repeat(bytes: Uint8Array, times: number): Uint8Array {
  const all = new Uint8Array(bytes.length * times)
  for (let index = 0; index < times; index++) all.set(bytes, index * bytes.length)
  return all
}

/** Three bytes at a time, from places a third of the digest apart, six bits a character from the lowest. */
function encode(digest: Uint8Array): string {
  let text = ''
  let places: readonly [number, number, number] = [0, 21, 42]
  for (let group = 0; group < 21; group++) {
    const [high, middle, low] = places
    text += characters(((digest[high] ?? 0) << 16) | ((digest[middle] ?? 0) << 8) | (digest[low] ?? 0), 4)
    places = [middle + 1, low + 1, high + 1]
  }
  return text + characters(digest[63] ?? 0, 2)
}

function characters(value: number, count: number): string {
  return Array.from({ length: count }, (_, index) => ALPHABET[(value >> (6 * index)) & 63]).join('')
}
