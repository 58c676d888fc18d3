import { createCipheriv, createDecipheriv } from 'node:crypto'

/** What seals and opens the chunks of one file; used for no other. */
export interface ChunkKey {
  /** 32 bytes. */
  readonly key: Buffer
  /** What must be the same when they are opened, and isn't inside. */
  readonly aad: Buffer
}

/** Why chunks don't open: nothing of them did, or what follows this many bytes of text doesn't. */
export class ChunkFault extends Error {
  readonly openedBytes: number

  constructor(openedBytes: number) {
    super(`chunks do not open after ${openedBytes} bytes`)
    this.openedBytes = openedBytes
  }
}

export const CHUNK_BYTES = 64 * 1024
const ALGORITHM = 'aes-256-gcm'
const TAG_BYTES = 16
const SEALED_BYTES = CHUNK_BYTES + TAG_BYTES
const NONCE_BYTES = 12
/** The counter stands in the 8 bytes before the mark. */
const COUNTER_AT = NONCE_BYTES - 9
const MARK_AT = NONCE_BYTES - 1

/**
 * A text of any length in chunks, each sealed by AES-256-GCM under its number and whether it is the last, so that none can
 * be cut off, added, doubled or moved: STREAM, of Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption
 * and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015, section 7.
 */
export async function* sealChunks({ key, aad }: ChunkKey, text: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let number = 0
  const pieces = inPieces(text, CHUNK_BYTES)
  for await (const { bytes, isLast } of pieces) {
    const cipher = createCipheriv(ALGORITHM, key, nonceOf(number++, isLast), { authTagLength: TAG_BYTES }).setAAD(aad)
    yield Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
  }
}

/**
 * The text of sealed chunks; what was given of it is true, also where the rest is not.
 * @throws ChunkFault for whatever `sealChunks` didn't make, in its order and to its end, under this key
 */
export async function* openChunks({ key, aad }: ChunkKey, sealed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let number = 0
  let opened = 0
  for await (const { bytes, isLast } of inPieces(sealed, SEALED_BYTES)) {
    const text = openChunk({ key, aad }, nonceOf(number++, isLast), bytes)
    if (text === null) throw new ChunkFault(opened)
    opened += text.length
    yield text
  }
}

function openChunk({ key, aad }: ChunkKey, nonce: Buffer, sealed: Buffer): Buffer | null {
  if (sealed.length < TAG_BYTES) return null
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad)
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    return null
  }
}

function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES)
  nonce.writeBigUInt64BE(BigInt(number), COUNTER_AT)
  nonce[MARK_AT] = isLast ? 1 : 0
  return nonce
}

/** Pieces of one size, the last of which may be shorter; there is always one, since somebody must say where the end is. */
async function* inPieces(
  parts: AsyncIterable<Buffer>,
  size: number,
): AsyncGenerator<{ readonly bytes: Buffer; readonly isLast: boolean }> {
  let kept: Buffer[] = []
  let length = 0
  for await (const part of parts) {
    kept.push(part)
    length += part.length
    if (length <= size) continue
    let whole = Buffer.concat(kept, length)
    for (; whole.length > size; whole = whole.subarray(size)) yield { bytes: whole.subarray(0, size), isLast: false }
    kept = [whole]
    length = whole.length
  }
  yield { bytes: Buffer.concat(kept, length), isLast: true }
}
