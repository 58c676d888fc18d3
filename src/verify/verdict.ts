import { randomBytes } from 'node:crypto'
import type { OriginalRequest } from '../lib/original-request.ts'
import type { Log } from '../observe/log.ts'
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

/** Turns decisions into verdicts and logs those that let nothing pass. */
export type Settle = (decision: Decision, original: OriginalRequest | null) => Verdict

/** Enough to see which address it was; whoever sends 8 KB isn't worth 8 KB of the log. */
const MAX_LOGGED_PATH = 512

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
export function createSettle(
  policy: () => CompiledPolicy,
  log: Pick<Log, 'info'>,
  source: IdentitySource = NO_SOURCE,
): Settle {
  const tell = createTell({ ...source, policy, now: Date.now })
  return (decision, original) => {
    if (decision.kind !== 'allow') return settleDenial(decision, original, log)
    const { app, rule, principal } = decision
    const identity = tell(app, principal)
    if (identity !== null) return { decision, parts: { ...NO_PARTS, identity } }
    return settleDenial({ kind: 'forbid', reason: 'identity_too_large', app, rule, principal }, original, log)
  }
}

/** Whoever is signed in would be sent straight back from where sign-ins begin, unless it is asked for proof. */
const PROOF: Readonly<Record<SignInReason, string>> = {
  nobody: '',
  too_long_ago: '&prove=again',
  second_factor: '&prove=second_factor',
}

type Denial = Exclude<Decision, { kind: 'allow' }>

function settleDenial(decision: Denial, original: OriginalRequest | null, log: Pick<Log, 'info'>): Verdict {
  const navigation = original?.navigation ?? false
  if (decision.kind === 'sign_in' && original !== null) {
    const url = startUrlOf(decision.app.origin(original.host.name), original)
    const startUrl = url + PROOF[decision.reason]
    const challenge = original.isProgram === true ? challengeOf(decision.app) : ''
    return { decision, parts: { ...NO_PARTS, startUrl, challenge, navigation, method: original.method } }
  }
  const decisionId = randomBytes(6).toString('hex')
  log.info({ decisionId, ...describe(decision), ...describeRequest(original) }, `verify: ${decision.kind}`)
  return { decision, parts: { ...NO_PARTS, navigation, decisionId } }
}

/** RFC 7617; an app's name has no quotes. */
function challengeOf({ name, basic }: App): string {
  return basic === undefined ? '' : `Basic realm="${name}", charset="UTF-8"`
}

function describe(decision: Decision): object {
  if (decision.kind === 'forbid') {
    const { reason, app, rule, principal } = decision
    return { decision: 'forbid', reason, app: app?.name, rule: rule?.number, login: principal?.login }
  }
  if (decision.kind === 'refuse') return { decision: 'refuse', reason: decision.reason }
  return { decision: decision.kind }
}

/** Without the query: it may hold what is private to the app. */
function describeRequest(original: OriginalRequest | null): object {
  if (original === null) return {}
  const { method, scheme, host, target, clientAddress } = original
  return { method, scheme, host: host.name, path: target.path.slice(0, MAX_LOGGED_PATH), clientAddress }
}
