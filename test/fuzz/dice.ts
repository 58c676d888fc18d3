/** Choices that follow from a seed alone; of the kind that is made by the million. */
export interface Dice {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number
  pick<T>(items: readonly [T, ...T[]]): T
  /** True in so many of a hundred. */
  chance(percent: number): boolean
  shuffle<T>(items: readonly T[]): T[]
}

/** @param place of the case in its run, so that each can be made again without those before it */
export function createDice(seed: number, place: number): Dice {
  const next = createMulberry(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(place + 1, 0xc2b2ae35))
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    pick: <T>(items: readonly [T, ...T[]]): T => items[below(items.length)] ?? items[0],
    chance: (percent) => next() * 100 < percent,
    shuffle: <T>(items: readonly T[]): T[] =>
      items
        .map((item) => ({ item, at: next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ item }) => item),
  }
}

/** Mulberry32: fractions from 0 to below 1, even enough for choices. */
function createMulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
