export const TIME = {
  'time.seconds': { one: '{count} Sekunde', other: '{count} Sekunden' },
  'time.minutes': { one: '{count} Minute', other: '{count} Minuten' },
  'time.hours': { one: '{count} Stunde', other: '{count} Stunden' },
  'time.days': { one: '{count} Tag', other: '{count} Tage' },
} as const
