import { isStoreUnavailable, toStoreError } from './unavailable.ts'

/** Why a statement failed, in few words, for those who count. */
export type StatementFailure = 'unavailable' | 'timeout' | 'constraint' | 'value' | 'conflict' | 'permission' | 'other'

/** By SQLSTATE, or the class of it (PostgreSQL, appendix A). */
const BY_CODE: readonly (readonly [RegExp, StatementFailure])[] = [
  [/^(?:57014|55P03|25P0[34])$/, 'timeout'],
  [/^42501$/, 'permission'],
  [/^23...$/, 'constraint'],
  [/^22...$/, 'value'],
  [/^40...$/, 'conflict'],
]

/** @param error as the driver gave it */
export function failureOf(error: unknown): StatementFailure {
  if (!(error instanceof Error)) return 'other'
  if (error.message.startsWith('Query read timeout')) return 'timeout'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const known = BY_CODE.find(([pattern]) => pattern.test(code))
  if (known !== undefined) return known[1]
  return isStoreUnavailable(toStoreError(error)) ? 'unavailable' : 'other'
}
