import { COMMON } from './common.ts'

/** German. */
export const DE = { ...COMMON } as const
