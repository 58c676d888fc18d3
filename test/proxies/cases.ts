import { IDENTITY_CASES } from './identity-cases.ts'
import { READING_CASES } from './reading-cases.ts'
import { TRAFFIC_CASES } from './traffic-cases.ts'
import { VISIT_CASES } from './visit-cases.ts'
import type { Case } from './case.ts'

/** Every case, the same for every proxy. */
export const CASES: readonly Case[] = [...VISIT_CASES, ...IDENTITY_CASES, ...READING_CASES, ...TRAFFIC_CASES]
