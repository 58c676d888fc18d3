import { judge } from './differential.ts'
import type { Difference } from './differential.ts'
import type { Place } from './place.ts'
import type { Stream } from './streams.ts'

/** Enough to come from some kilobytes to what can't be left out. */
const MAX_TRIES = 2_000

/** The smallest stream that is still answered differently: halves are left out first, single bytes last. */
export async function shrink(at: Place, found: Difference): Promise<Difference> {
  let smallest = found
  const spent = { tries: 0 }
  const keepIfDifferent = async (stream: Stream): Promise<boolean> => {
    spent.tries++
    const { lane, ordinary, outcome } = await judge(at, stream, [])
    if (outcome === 'differs') smallest = { ...found, stream, lane, ordinary }
    return outcome === 'differs'
  }
  if (found.stream.cuts.length > 0) await keepIfDifferent({ ...found.stream, cuts: [] })
  for (let length = Math.ceil(found.stream.bytes.length / 2); length >= 1; length = Math.floor(length / 2)) {
    let from = 0
    while (from < smallest.stream.bytes.length && spent.tries < MAX_TRIES) {
      if (!(await keepIfDifferent(without(smallest.stream, from, length)))) from += length
    }
  }
  return smallest
}

function without({ bytes, cuts, ending }: Stream, from: number, length: number): Stream {
  const moved = cuts.map((cut) => (cut > from ? Math.max(from, cut - length) : cut))
  return { bytes: bytes.slice(0, from) + bytes.slice(from + length), cuts: [...new Set(moved)], ending }
}
