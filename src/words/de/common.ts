export const COMMON = {
  'common.back': 'Zurück',
  'common.utc': 'Alle Zeiten in UTC.',
  'common.language': 'Sprache',
} as const
