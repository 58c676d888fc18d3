import type { Scheme } from '../lib/original-request.ts'

/** A policy file as it was read and checked: every name in it is known, every pattern readable. */
export interface Policy {
  /** Role name to its permissions; a role may have none. */
  readonly roles: ReadonlyMap<string, readonly string[]>
  readonly apps: readonly PolicyApp[]
  /** Of whom a second factor is demanded wherever they sign in; left out where the file demands none. */
  readonly secondFactor?: SecondFactorDemand | null
  /** Must all come out as expected before a policy is applied. */
  readonly tests: readonly PolicyTest[]
}

/** Who must own a second factor. */
export interface SecondFactorDemand {
  /** One of them is enough to be meant. */
  readonly roles: readonly string[]
  /** For how many days after the first sign-in under this demand it is only asked for, not yet enforced. */
  readonly graceDays: number
}

/** One app as the file describes it. */
export interface PolicyApp {
  readonly name: string
  /** Lower-case names; in front `*.` stands for exactly one label, `{login}.` for the visitor's own name as one. */
  readonly hosts: readonly string[]
  readonly scheme: Scheme
  /** Null where it is the scheme's own. */
  readonly port: number | null
  readonly rules: readonly PolicyRule[]
  readonly identity: AppIdentity
  /** `ignore` lets client headers pass that an app might take for identity headers, for chained proxies. */
  readonly aliasGuard: 'refuse' | 'ignore'
  /** `latin1` lets paths pass that aren't UTF-8, and reads every path as ISO 8859-1 besides. */
  readonly pathBytes: 'utf8' | 'latin1'
  /** Whether memory counts for this app while the database is out of reach. */
  readonly outage: 'grace' | 'closed'
  /** Whether clients may be asked for Basic, with API tokens or with passwords too; left out where they may not. */
  readonly basic?: 'tokens' | 'passwords'
  /** How the app stands on people's start page; left out where the file says nothing of it. */
  readonly card?: AppCard
}

/** What people see of an app before they open it; null where the file doesn't say. */
export interface AppCard {
  readonly title: string | null
  readonly description: string | null
  /** One or two characters, or an image as `app-card.ts` reads it. */
  readonly icon: string | null
  /** Where it is opened, on one of its own hosts; else the root of the first of them that is one name. */
  readonly url: string | null
  /** True for what nobody opens by hand. */
  readonly hidden: boolean
}

/** How an app is told of its visitor. */
export interface AppIdentity {
  /** Names as the file spells them, with templates such as `{login}`, besides the headers that every app gets. */
  readonly headers: ReadonlyMap<string, string>
  /** How text that isn't ASCII becomes a header. */
  readonly charset: Charset
  /** True where the app gets a signed assertion as well. */
  readonly assertion: boolean
}

export type Charset = 'percent-utf8' | 'ascii-fold' | 'base64'

/** One rule as the file describes it; the first that matches decides. */
export interface PolicyRule {
  /** Line of the file, from 1, for people to find it. */
  readonly line: number
  /** Patterns of `pattern.ts`; one that matches is enough. */
  readonly paths: readonly string[]
  /** Methods of the closed list, or null where the rule names none. */
  readonly methods: readonly string[] | null
  /** Networks of clients for whom the rule is there, or null for all. */
  readonly networks: readonly string[] | null
  /**
   * Query parameters that must all be there, with one of the values, or null for any value. Such a rule only adds to
   * what the rules without it ask, as apps differ in how they read a query. Null where the rule names none.
   */
  readonly query: ReadonlyMap<string, readonly string[] | null> | null
  /** True for a rule that is judged, logged and counted only. */
  readonly monitor: boolean
  /** True where a rule for anyone still tells the app who is signed in. */
  readonly identify: boolean
  readonly action: RuleAction
}

/** What a rule does. */
export type RuleAction = { readonly kind: 'anyone' } | { readonly kind: 'deny' } | Requirement

/** All that is given must be met; of each list any one is enough; null where the rule doesn't ask. */
export interface Requirement {
  readonly kind: 'require'
  readonly roles: readonly string[] | null
  readonly permissions: readonly string[] | null
  readonly users: readonly string[] | null
  readonly factors: 1 | 2
  /** How long ago the visitor may have proven who he is. */
  readonly maxAuthAgeMs: number | null
}

/** One line of `tests`: a visitor, a request, and what must come of it. */
export interface PolicyTest {
  readonly line: number
  /** Null for nobody signed in. */
  readonly as: { readonly login: string; readonly roles: readonly string[]; readonly factors: 1 | 2 } | null
  readonly method: string
  /** Whole address, such as `https://wiki.example.com/admin/`. */
  readonly url: string
  /** Address of the client. */
  readonly from: string
  readonly expect: 'allow' | 'sign_in' | 'forbid' | 'refuse'
}

/** Built in, owns the console; a policy may name it in rules but not define it. */
export const ADMIN_ROLE = 'postern-admin'
