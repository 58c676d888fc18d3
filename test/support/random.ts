import { createHash } from 'node:crypto'

/** Whole numbers from 0 to below `limit` that follow from the seed alone, so that a failed run can be repeated. */
export function createRandom(seed: number): (limit: number) => number {
  let count = 0
  return (limit) => createHash('sha256').update(`${seed}/${count++}`).digest().readUInt32BE() % limit
}
