/** Value below which this share of the values lies, by the nearest rank. @param share above 0, at most 1 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN
}

/** The middle value; of an even number the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
  return (lower + upper) / 2
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

/** The medians of what samples have under this name; null when one of them has nothing there. */
export function medianOf<Key extends string>(
  samples: readonly Readonly<Record<Key, number | null>>[],
  key: Key,
  digits: number,
): number | null {
  const values = samples.map((sample) => sample[key]).filter((value) => value !== null)
  return values.length < samples.length ? null : round(median(values), digits)
}
