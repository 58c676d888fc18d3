import type { OriginalRequest } from '../../lib/original-request.ts'
import type { Decision, RefuseReason } from '../../policies/decision.ts'
import type { Answer } from '../answer.ts'
import type { WireHeaders, WireRequest } from '../wire.ts'

/** What an answer needs beyond the decision. */
export interface AnswerParts {
  /** Names and values of the identity headers, for an allow. */
  readonly identity: readonly string[]
  /** Where a navigation begins to sign in; empty unless the decision is `sign_in`. */
  readonly startUrl: string
  readonly navigation: boolean
  /** Leads from what the visitor sees to the log line. */
  readonly decisionId: string
}

/** How one proxy family describes the original request and takes the answer: two pure functions. */
export interface Dialect {
  /** Lower-case names of the mandatory headers, in the order in which `read` expects their values. */
  readonly wanted: readonly string[]
  read(request: WireRequest, headers: WireHeaders): OriginalRequest | RefuseReason
  write(decision: Decision, parts: AnswerParts): Answer
}
