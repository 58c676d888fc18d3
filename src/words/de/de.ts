import { COMMON } from './common.ts'
import { FRAME } from './frame.ts'

/** German. */
export const DE = { ...COMMON, ...FRAME } as const
