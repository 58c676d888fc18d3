/** Lengths of time. */
export const TIME = {
  'time.seconds': { one: '{count} second', other: '{count} seconds' },
  'time.minutes': { one: '{count} minute', other: '{count} minutes' },
  'time.hours': { one: '{count} hour', other: '{count} hours' },
  'time.days': { one: '{count} day', other: '{count} days' },
} as const
