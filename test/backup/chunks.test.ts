import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { before, suite, test } from 'node:test'
import fc from 'fast-check'
import { CHUNK_BYTES, ChunkFault, openChunks, sealChunks } from '../../src/backup/chunks.ts'
import type { ChunkKey } from '../../src/backup/chunks.ts'

const KEY: ChunkKey = { key: randomBytes(32), aad: Buffer.from('beginning') }
const SEALED_BYTES = CHUNK_BYTES + 16
const TEXT = randomBytes(3 * CHUNK_BYTES + 1_000)

suite('a text in sealed chunks', () => {
  let sealed: Buffer
  const chunk = (number: number): Buffer => sealed.subarray(number * SEALED_BYTES, (number + 1) * SEALED_BYTES)
  before(async () => {
    sealed = await sealedOf(TEXT)
  })

  test('opens as it was, whatever its length and however it comes', async () => {
    const lengths = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7]
    for (const length of lengths) {
      const text = TEXT.subarray(0, length)
      for (const size of [1_000, SEALED_BYTES, 1_000_000])
        assert.deepEqual(await opened(await sealedOf(text, size), size), text, `${length} bytes by ${size}`)
    }
  })

  test('does not open to its end once any bit of it is another', async () => {
    const anywhere = fc.integer({ min: 0, max: 8 * sealed.length - 1 })
    await fc.assert(
      fc.asyncProperty(anywhere, async (bit) => {
        const changed = Buffer.from(sealed)
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        await refused(changed)
      }),
      { numRuns: 400 },
    )
  })

  test('does not open to its end where it was cut off, also between two chunks', async () => {
    const ends = [0, 1, 2, 3].flatMap((number) => [-1, 0, 1, 15, 16, 17].map((more) => number * SEALED_BYTES + more))
    for (const end of ends.filter((bytes) => bytes >= 0)) await refused(sealed.subarray(0, end))
  })

  test('does not open to its end where chunks changed places, stand twice, or follow the last', async () => {
    const [a, b, c, last] = [chunk(0), chunk(1), chunk(2), chunk(3)]
    const others = [
      [b, a, c, last],
      [a, a, b, c, last],
      [a, c, last],
      [a, b, c, last, last],
      [a, b, c, last, a],
      [a, b, c, last, Buffer.from('x')],
      [a, b, c, last, randomBytes(SEALED_BYTES)],
      [a, b, last],
      [last],
    ]
    for (const parts of others) await refused(Buffer.concat(parts))
  })

  test('has no chunk of another text of the same key, and none under another beginning', async () => {
    const other = await sealedOf(randomBytes(TEXT.length), 9_000, { ...KEY, key: randomBytes(32) })
    await refused(Buffer.concat([chunk(0), other.subarray(SEALED_BYTES)]))
    await refused(await sealedOf(TEXT, 9_000, { ...KEY, aad: Buffer.from('Beginning') }))
  })

  test('gives what is true of it before it fails, and says how much that was', async () => {
    const changed = Buffer.concat([chunk(0), chunk(1), randomBytes(SEALED_BYTES), chunk(3)])
    const parts: Buffer[] = []
    const reading = async (): Promise<void> => {
      for await (const part of openChunks(KEY, inParts(changed, 5_000))) parts.push(part)
    }
    await assert.rejects(reading(), (error) => error instanceof ChunkFault && error.openedBytes === 2 * CHUNK_BYTES)
    assert.deepEqual(Buffer.concat(parts), TEXT.subarray(0, 2 * CHUNK_BYTES))
  })
})

async function* inParts(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
}

async function sealedOf(text: Buffer, size = 9_000, key = KEY): Promise<Buffer> {
  return collect(sealChunks(key, inParts(text, size)))
}

function opened(sealed: Buffer, size = 100_000): Promise<Buffer> {
  return collect(openChunks(KEY, inParts(sealed, size)))
}

async function refused(sealed: Buffer): Promise<void> {
  await assert.rejects(opened(sealed), ChunkFault)
}

async function collect(parts: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}
