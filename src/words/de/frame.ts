export const FRAME = {
  'frame.skip': 'Zum Inhalt springen',
  'frame.menu': 'Menü',
} as const
