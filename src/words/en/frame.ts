/** What surrounds every page. */
export const FRAME = {
  'frame.skip': 'Skip to the content',
  'frame.menu': 'Menu',
} as const
