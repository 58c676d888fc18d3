import type { Principal } from '../lib/principal.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import type { App } from '../policies/decision.ts'
import { ASSERTION_REUSE_MS } from './assertion.ts'
import { prepareHeaders } from './identity-headers.ts'
import type { AppHeaders, IdentitySource } from './identity-headers.ts'

/** What an app is told of a visitor or of nobody: names and values in turn, or null when that is too large. */
export type Tell = (app: App, principal: Principal | null) => readonly string[] | null

export interface TellParts extends IdentitySource {
  readonly policy: () => Pick<CompiledPolicy, 'roles'>
  /** Ms since 1970. */
  readonly now: () => number
}

/**
 * Composes once per app, policy and principal, for as long as memory keeps that principal. An assertion is made anew
 * when it was used for 40 s, so signing costs a known visitor that often and never more.
 */
export function createTell(parts: TellParts): Tell {
  let preparedFor: CompiledPolicy['roles'] | null = null
  let prepared = new WeakMap<App, TellVisitor>()
  return (app, principal) => {
    const { roles } = parts.policy()
    if (roles !== preparedFor) {
      prepared = new WeakMap()
      preparedFor = roles
    }
    const known = prepared.get(app)
    if (known !== undefined) return known(principal)
    const tell = tellVisitors(prepareHeaders(parts, app, roles), parts.now)
    prepared.set(app, tell)
    return tell(principal)
  }
}

type TellVisitor = (principal: Principal | null) => readonly string[] | null

interface Told {
  readonly headers: readonly string[] | null
  /** Null where nothing in it ages. */
  readonly signedAt: number | null
}

function tellVisitors(app: AppHeaders, now: () => number): TellVisitor {
  const told = new WeakMap<Principal, Told>()
  return (principal) => {
    if (principal === null) return app.nobody
    const known = told.get(principal)
    if (known !== undefined && !isAged(known.signedAt, now)) return known.headers
    const nowMs = now()
    const headers = app.of(principal, nowMs)
    told.set(principal, { headers, signedAt: app.isSigned ? nowMs : null })
    return headers
  }
}

/** A clock that was set back would keep an assertion longer than it is valid elsewhere. */
function isAged(signedAt: number | null, now: () => number): boolean {
  if (signedAt === null) return false
  const age = now() - signedAt
  return age < 0 || age >= ASSERTION_REUSE_MS
}
