import assert from 'node:assert/strict'
import test from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { encode } from '../../src/web/encoded.ts'

const TEXT = Buffer.from('a style sheet '.repeat(200))
const encoded = encode(TEXT)

test('a body comes in the best encoding that is taken', () => {
  for (const [accepted, encoding] of [
    ['gzip, deflate, br, zstd', 'br'],
    ['GZIP;q=1.0', 'gzip'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['br; q=0.000, gzip;q=0', null],
    ['identity', null],
    ['brotli, x-gzip', null],
    ['', null],
    [undefined, null],
  ] as const)
    assert.equal(encoded.choose(accepted).encoding, encoding, accepted)
})

test('every encoding holds the same body', () => {
  assert.deepEqual(brotliDecompressSync(encoded.choose('br').body), TEXT)
  assert.deepEqual(gunzipSync(encoded.choose('gzip').body), TEXT)
  assert.deepEqual(encoded.choose(undefined).body, TEXT)
})
