const UNITS = [
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const

/** Such as `40 seconds` or `3 minutes`, rounded up, in the largest unit of which it takes two. */
export function showWait(seconds: number): string {
  const [size, unit] = UNITS.find(([unitS]) => seconds >= 2 * unitS) ?? [1, 'second']
  const count = Math.max(1, Math.ceil(seconds / size))
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
