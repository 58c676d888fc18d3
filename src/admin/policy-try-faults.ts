import { PosternError } from '../errors.ts'
import { UserFieldsError } from '../users/users.ts'
import type { Words } from '../words/words.ts'

/** Why a policy was not put in force, for the page that shows its form again with what was typed. */
export interface ApplyingFault {
  readonly status: number
  /** Of the whole form; null where a field has it, or nothing is wrong. */
  readonly problem: ((words: Words, inForce: number) => string) | null
  /** Of the reason; null where nothing is wrong with it. In English, as `retell` takes it. */
  readonly reasonFault: string | null
}

export const NO_FAULT: ApplyingFault = { status: 200, problem: null, reasonFault: null }

/** What a page can say of an error; throws it again where it can't. */
export function applyingFault(error: unknown): ApplyingFault {
  if (error instanceof UserFieldsError) {
    return { status: 400, problem: null, reasonFault: error.fields['reason'] ?? error.message }
  }
  if (!(error instanceof PosternError)) throw error
  const { code, status } = error
  if (code === 'changed_since')
    return { ...NO_FAULT, status, problem: (words, inForce) => words.say('try.conflict', { version: String(inForce) }) }
  if (code === 'not_yours_to_give' || code === 'policy_in_file')
    return { ...NO_FAULT, status, problem: (words) => words.say(`error.${code}`) }
  throw error
}
