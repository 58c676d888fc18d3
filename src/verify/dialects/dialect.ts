import type { Networks } from '../../lib/address.ts'
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
  /** For `WWW-Authenticate`; empty where the client isn't to be asked for Basic. */
  readonly challenge: string
  readonly navigation: boolean
  /** Of the original request; empty where it couldn't be read. */
  readonly method: string
  /** Leads from what the visitor sees to the log line. */
  readonly decisionId: string
}

/** How one proxy family describes the original request and takes the answer: two pure functions. */
export interface Dialect {
  /** What metrics and logs call it. */
  readonly name: string
  /** Lower-case names of the mandatory headers, in the order in which `read` expects their values. */
  readonly wanted: readonly string[]
  /** Methods of the verify request itself; null where the proxy sends the client's own. */
  readonly methods: readonly string[] | null
  /** Whether the verify URL must name its app; with `and_target` the original target follows that name. */
  readonly appInUrl: 'may' | 'must' | 'and_target'
  /** @param trusted whose word on the client's address counts */
  read(request: WireRequest, headers: WireHeaders, trusted: Networks): OriginalRequest | RefuseReason
  write(decision: Decision, parts: AnswerParts): Answer
}
