/** What many pages say. */
export const COMMON = {
  'common.back': 'Back',
  'common.utc': 'All times are UTC.',
  'common.language': 'Language',
  'common.error': 'Error: {title}',
  'common.cancel': 'Cancel',
  'common.continue': 'Continue',
  'common.try_again': 'Try again',
} as const
