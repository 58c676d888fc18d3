import { crc32, deflateSync, inflateSync } from 'node:zlib'

interface Picture {
  readonly width: number
  readonly height: number
  /** One number a pixel: red, green and blue, a byte each. */
  readonly pixels: Uint32Array
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const MOST_COLOURS = 128

/** A screenshot with few colours, a third as large: what is left are those that most pixels have. */
export function reduceColours(png: Buffer): Buffer {
  const { width, height, pixels } = readPng(png)
  const palette = commonColours(pixels)
  const nearest = new Map<number, number>()
  const rows = Buffer.alloc(height * (width + 1))
  for (const [index, pixel] of pixels.entries()) {
    let entry = nearest.get(pixel)
    if (entry === undefined) nearest.set(pixel, (entry = nearestOf(palette, pixel)))
    rows[index + Math.floor(index / width) + 1] = entry
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 3, 0, 0, 0], 8)
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))
  const parts = [chunk('IHDR', head), chunk('PLTE', colours), chunk('IDAT', deflateSync(rows, { level: 9 }))]
  return Buffer.concat([SIGNATURE, ...parts, chunk('IEND', Buffer.alloc(0))])
}

// As browsers write them: 8 bits a channel, three or four channels, not interlaced.
function readPng(png: Buffer): Picture {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]
  const channels = png[25] === 6 ? 4 : 3
  if (png[24] !== 8 || (png[25] !== 2 && png[25] !== 6) || png[28] !== 0) throw new Error('no PNG of a browser')
  const lines = inflateSync(Buffer.concat(imageChunks(png)))
  const stride = width * channels
  const pixels = new Uint32Array(width * height)
  let above: Uint8Array = new Uint8Array(stride)
  for (let y = 0; y < height; y++) {
    const line = lines.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1))
    unfilter(lines[y * (stride + 1)] ?? 0, line, { above, channels })
    for (let x = 0; x < width; x++) {
      const [red = 0, green = 0, blue = 0] = line.subarray(x * channels, x * channels + 3)
      pixels[y * width + x] = (red << 16) | (green << 8) | blue
    }
    above = line
  }
  return { width, height, pixels }
}

function imageChunks(png: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = SIGNATURE.length; at < png.length; at += png.readUInt32BE(at) + 12) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      found.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)))
  }
  return found
}

// PNG specification, 9.2: a byte is written as its difference to what its neighbours foretell.
function unfilter(
  filter: number,
  line: Uint8Array,
  { above, channels }: { readonly above: Uint8Array; readonly channels: number },
): void {
  for (let index = 0; index < line.length; index++) {
    const left = line[index - channels] ?? 0
    const up = above[index] ?? 0
    const corner = index < channels ? 0 : (above[index - channels] ?? 0)
    const foretold = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0
    line[index] = (line[index] ?? 0) + foretold
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [toLeft, toUp, toCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
  if (toLeft <= toUp && toLeft <= toCorner) return left
  return toUp <= toCorner ? up : corner
}

function commonColours(pixels: Uint32Array): number[] {
  const counts = new Map<number, number>()
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1)
  const byCount = [...counts].toSorted(([, a], [, b]) => b - a)
  return byCount.slice(0, MOST_COLOURS).map(([colour]) => colour)
}

function nearestOf(palette: readonly number[], pixel: number): number {
  const distances = palette.map((colour) => distance(colour, pixel))
  return distances.indexOf(Math.min(...distances))
}

function distance(a: number, b: number): number {
  const of = (shift: number): number => (((a >> shift) & 255) - ((b >> shift) & 255)) ** 2
  return of(16) + of(8) + of(0)
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const frame = Buffer.alloc(4)
  frame.writeUInt32BE(content.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([frame, body, check])
}
