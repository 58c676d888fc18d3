/** What many pages say. */
export const COMMON = {
  'common.back': 'Back',
  'common.utc': 'All times are UTC.',
  'common.language': 'Language',
} as const
