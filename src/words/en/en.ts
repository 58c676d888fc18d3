import { COMMON } from './common.ts'

/** English: names and texts of everything that is said, by subject. */
export const EN = { ...COMMON } as const
