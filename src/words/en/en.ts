import { COMMON } from './common.ts'
import { FRAME } from './frame.ts'

/** English: names and texts of everything that is said, by subject. */
export const EN = { ...COMMON, ...FRAME } as const
