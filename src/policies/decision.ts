import type { Scheme } from '../lib/original-request.ts'
import type { Principal } from '../lib/principal.ts'
import type { TargetFault } from '../lib/target.ts'
import type { AppIdentity, PolicyApp, PolicyRule } from './policy.ts'

/** An app of the policy as those see it who act on a decision. */
export interface App {
  readonly name: string
  readonly scheme: Scheme
  /** Null where it is the scheme's own. */
  readonly port: number | null
  /** As in the policy file: exact names, or with one label in front that stands for several. */
  readonly hosts: readonly string[]
  readonly identity: AppIdentity
  readonly outage: PolicyApp['outage']
  /** Whether Basic is ours: not at all, with API tokens, or with passwords too. */
  readonly basic?: PolicyApp['basic']
  /** True where some rule is in monitor mode. */
  readonly watches: boolean
  /** Scheme, host and, where it isn't the scheme's own, port: `https://wiki.example.com:8443`. */
  origin(hostName: string): string
}

/** A rule and its place in the app, counted from 1 as people do. */
export interface Rule {
  readonly number: number
  readonly source: PolicyRule
}

/** A well-formed request that may not pass. */
export type ForbidReason =
  | 'unknown_host'
  | 'no_rule'
  | 'denied_by_rule'
  | 'method_not_named'
  | 'missing_role'
  | 'not_named'
  | 'identity_too_large'
  | 'outside_token_scope'
  | 'needs_sign_in'
  | 'too_many_attempts'

/** A request that isn't judged at all: malformed, not from the proxy, or to be read in more than one way. */
export type RefuseReason =
  | TargetFault
  | 'bad_utf8'
  | 'bad_method'
  | 'bad_host'
  | 'bad_scheme'
  | 'bad_client_address'
  | 'missing_header'
  | 'doubled_header'
  | 'identity_header'
  | 'untrusted_peer'
  | 'wrong_secret'
  | 'wrong_app'
  | 'ambiguous_host'
  | 'ambiguous_path'
  | 'doubled_authorization'
  | 'two_credentials'

/** What the rules ask of a request before any credential is looked at. */
export type Judgement = Anyone | Required | Personal | Forbid | Refuse

export interface Anyone {
  readonly kind: 'anyone'
  readonly app: App
  readonly rule: Rule
  /** True where the app is still told who is signed in. */
  readonly identify: boolean
}

export interface Required {
  readonly kind: 'require'
  readonly app: App
  readonly rule: Rule
  /** All of them must be met; one that asks for nothing asks for somebody signed in. */
  readonly demands: readonly Demand[]
}

/** Rules that are there for one's own name alone: which one decides is known once somebody is. */
export interface Personal {
  readonly kind: 'personal'
  readonly app: App
  readonly rule: Rule
  judgeFor(login: string): Judgement
}

/** What one rule asks of the visitor. */
export interface Demand {
  /** The rule that asks, for people to find it. */
  readonly rule: Rule
  /** Of each set the principal must hold at least one role. */
  readonly roleSets: readonly ReadonlySet<string>[]
  /** Who is meant, or null for everybody. */
  readonly logins: ReadonlySet<string> | null
  readonly factors: 1 | 2
  readonly maxAuthAgeMs: number | null
}

/**
 * Why somebody is asked to sign in: nobody has, the sign-in goes on elsewhere on another device, one factor isn't enough,
 * or it was too long ago.
 */
export type SignInReason = 'nobody' | 'session_moved' | 'second_factor' | 'too_long_ago'

/** The answer to one verify request: a value that is acted on at once, never cached. A fault lets nothing pass. */
export type Decision =
  | { readonly kind: 'allow'; readonly app: App; readonly rule: Rule; readonly principal: Principal | null }
  | {
      readonly kind: 'sign_in'
      readonly app: App
      readonly rule: Rule
      readonly reason: SignInReason
      readonly principal: Principal | null
    }
  | Forbid
  | Refuse
  | { readonly kind: 'fault' }

/** `app` is null for a host that belongs to none, `rule` where none matched, `principal` where none was asked for. */
export interface Forbid {
  readonly kind: 'forbid'
  readonly reason: ForbidReason
  readonly app: App | null
  readonly rule: Rule | null
  readonly principal: Principal | null
}

/** Nothing but the reason is known of a request that can't be read. */
export interface Refuse {
  readonly kind: 'refuse'
  readonly reason: RefuseReason
}
