import { OperatorError } from '../src/errors.ts'

export interface RoundOptions {
  readonly rounds: number
  readonly signal: AbortSignal
  readonly progress: (line: string) => void
}

interface Named {
  readonly name: string
}

const MAX_RUNS = 3

/**
 * Measures all of them in turn, round by round, so that whatever else the machine does meets them alike.
 * @param what is measured, for those who wait
 * @returns the samples of each, in the order of the list
 */
export async function inRounds<Item extends Named, Sample>(
  what: string,
  {
    items,
    measure,
    ...options
  }: RoundOptions & { items: readonly Item[]; measure: (item: Item) => Promise<Sample | null> },
): Promise<(readonly [Item, Sample[]])[]> {
  const samples = items.map((item) => [item, [] as Sample[]] as const)
  for (let round = 0; round < options.rounds; round++) {
    options.progress(`${what}, round ${round + 1} of ${options.rounds}`)
    for (const [item, list] of rotated(samples, round)) {
      options.signal.throwIfAborted()
      list.push(await untilAnswered(item, options, () => measure(item)))
    }
  }
  return samples
}

/**
 * Measures again when a run doesn't count. One in which nothing at all was answered doesn't: a short run can fall whole
 * into a pause of a busy machine, and wrk calls nothing broken that waited for less than 2 s.
 * @param measure null when the run doesn't count
 * @throws OperatorError when that happens three times
 */
export async function untilAnswered<T>(
  { name }: Named,
  { progress }: Pick<RoundOptions, 'progress'>,
  measure: () => Promise<T | null>,
): Promise<T> {
  for (let run = 1; run <= MAX_RUNS; run++) {
    const measured = await measure()
    if (measured !== null) return measured
    progress(`run ${run} of "${name}" got no answers that count`)
  }
  throw new OperatorError(
    `The case "${name}" got no answers that count in ${MAX_RUNS} runs: too much else goes on here.`,
  )
}

/** The same list from another place on, so that nothing always follows the same. */
export function rotated<T>(list: readonly T[], places: number): T[] {
  const start = places % list.length
  return [...list.slice(start), ...list.slice(0, start)]
}
