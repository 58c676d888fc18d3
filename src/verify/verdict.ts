import type { OriginalRequest } from '../lib/original-request.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import type { App, Decision, SignInReason } from '../policies/decision.ts'
import type { AnswerParts } from './dialects/dialect.ts'
import type { IdentitySource } from './identity-headers.ts'
import { createTell } from './identity-memory.ts'
import { startUrl as startUrlOf } from './start-url.ts'

/** A decision with all that any proxy family needs to be told it. */
export interface Verdict {
  readonly decision: Decision
  readonly parts: AnswerParts
}

/** Turns decisions into verdicts. @param dialect of the proxy that asked, for whoever reads of it later */
export type Settle = (decision: Decision, original: OriginalRequest | null, dialect?: string) => Verdict

const NO_PARTS: AnswerParts = {
  identity: [],
  startUrl: '',
  challenge: '',
  navigation: false,
  method: '',
  decisionId: '',
}

/** Neither a password for `{basic}` nor a key for assertions: both stay empty. */
const NO_SOURCE: IdentitySource = { basicPassword: '', signAssertion: null }

/** @param source what identity headers are made from besides the policy and the visitor */
export function createSettle(policy: () => CompiledPolicy, source: IdentitySource = NO_SOURCE): Settle {
  const tell = createTell({ ...source, policy, now: Date.now })
  return (decision, original) => {
    if (decision.kind !== 'allow') return settleDenial(decision, original)
    const { app, rule, principal } = decision
    const identity = tell(app, principal)
    if (identity !== null) return { decision, parts: { ...NO_PARTS, identity } }
    return settleDenial({ kind: 'forbid', reason: 'identity_too_large', app, rule, principal }, original)
  }
}

/** Whoever is signed in would be sent straight back from where sign-ins begin, unless it is asked for proof. */
const PROOF: Readonly<Record<SignInReason, string>> = {
  nobody: '',
  session_moved: '',
  too_long_ago: '&prove=again',
  second_factor: '&prove=second_factor',
}

type Denial = Exclude<Decision, { kind: 'allow' }>

function settleDenial(decision: Denial, original: OriginalRequest | null): Verdict {
  const navigation = original?.navigation ?? false
  if (decision.kind === 'sign_in' && original !== null) {
    const url = startUrlOf(decision.app.origin(original.host.name), original)
    const startUrl = url + PROOF[decision.reason]
    const challenge = original.isProgram === true ? challengeOf(decision.app) : ''
    return { decision, parts: { ...NO_PARTS, startUrl, challenge, navigation, method: original.method } }
  }
  return { decision, parts: { ...NO_PARTS, navigation } }
}

/** RFC 7617; an app's name has no quotes. */
function challengeOf({ name, basic }: App): string {
  return basic === undefined ? '' : `Basic realm="${name}", charset="UTF-8"`
}
