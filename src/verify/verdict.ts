import { randomBytes } from 'node:crypto'
import type { OriginalRequest } from '../lib/original-request.ts'
import type { Principal } from '../lib/principal.ts'
import type { Log } from '../observe/log.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import type { Decision } from '../policies/decision.ts'
import type { AnswerParts } from './dialects/dialect.ts'
import { identityHeaders, MAX_IDENTITY_BYTES } from './identity-headers.ts'
import { startUrl } from './start-url.ts'

/** A decision with all that any proxy family needs to be told it. */
export interface Verdict {
  readonly decision: Decision
  readonly parts: AnswerParts
}

/** Turns decisions into verdicts and logs those that let nothing pass. */
export type Settle = (decision: Decision, original: OriginalRequest | null) => Verdict

/** Enough to see which address it was; whoever sends 8 KB isn't worth 8 KB of the log. */
const MAX_LOGGED_PATH = 512

const NO_PARTS: AnswerParts = { identity: [], startUrl: '', navigation: false, decisionId: '' }

/** Identity headers are composed once per principal and policy, and kept as long as memory keeps the principal. */
export function createSettle(policy: () => CompiledPolicy, log: Pick<Log, 'info'>): Settle {
  let composedFor: CompiledPolicy | null = null
  let composed = new WeakMap<Principal, readonly string[]>()
  const identityOf = (principal: Principal | null): readonly string[] => {
    const current = policy()
    if (principal === null) return identityHeaders(null, current.roles)
    if (current !== composedFor) {
      composed = new WeakMap()
      composedFor = current
    }
    const known = composed.get(principal)
    if (known !== undefined) return known
    const headers = identityHeaders(principal, current.roles)
    composed.set(principal, headers)
    return headers
  }
  return (decision, original) => {
    if (decision.kind === 'allow') {
      const identity = identityOf(decision.principal)
      if (byteLength(identity) <= MAX_IDENTITY_BYTES) return { decision, parts: { ...NO_PARTS, identity } }
      return settleDenial(
        { kind: 'forbid', reason: 'identity_too_large', app: decision.app, rule: null, principal: decision.principal },
        original,
        log,
      )
    }
    return settleDenial(decision, original, log)
  }
}

function settleDenial(
  decision: Exclude<Decision, { kind: 'allow' }>,
  original: OriginalRequest | null,
  log: Pick<Log, 'info'>,
): Verdict {
  const navigation = original?.navigation ?? false
  if (decision.kind === 'sign_in' && original !== null) {
    const url = startUrl(decision.app.origin(original.host.name), original)
    return { decision, parts: { ...NO_PARTS, startUrl: url, navigation } }
  }
  const decisionId = randomBytes(6).toString('hex')
  log.info({ decisionId, ...describe(decision), ...describeRequest(original) }, `verify: ${decision.kind}`)
  return { decision, parts: { ...NO_PARTS, navigation, decisionId } }
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

function byteLength(headers: readonly string[]): number {
  return headers.reduce((sum, text) => sum + text.length, 0)
}
