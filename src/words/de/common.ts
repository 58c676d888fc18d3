export const COMMON = {
  'common.back': 'Zurück',
  'common.utc': 'Alle Zeiten in UTC.',
  'common.language': 'Sprache',
  'common.error': 'Fehler: {title}',
  'common.cancel': 'Abbrechen',
  'common.continue': 'Weiter',
  'common.try_again': 'Noch einmal versuchen',
} as const
