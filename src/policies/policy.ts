import type { Scheme } from '../lib/original-request.ts'

/** A policy file as it was read and checked: every name in it is known, every pattern readable. */
export interface Policy {
  /** Role name to its permissions; a role may have none. */
  readonly roles: ReadonlyMap<string, readonly string[]>
  readonly apps: readonly PolicyApp[]
}

/** One app as the file describes it. */
export interface PolicyApp {
  readonly name: string
  /** Lower-case names; `*.` in front stands for exactly one label. */
  readonly hosts: readonly string[]
  readonly scheme: Scheme
  /** Null where it is the scheme's own. */
  readonly port: number | null
  readonly rules: readonly PolicyRule[]
}

/** One rule as the file describes it; the first that matches decides. */
export interface PolicyRule {
  /** Line of the file, from 1, for people to find it. */
  readonly line: number
  /** Patterns of `pattern.ts`; one that matches is enough. */
  readonly paths: readonly string[]
  /** Methods of the closed list, or null where the rule names none. */
  readonly methods: readonly string[] | null
  readonly action: RuleAction
}

/** What a rule does. Of `roles` any one is enough, of `permissions` likewise; null where the rule doesn't ask. */
export type RuleAction =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'deny' }
  | {
      readonly kind: 'require'
      readonly roles: readonly string[] | null
      readonly permissions: readonly string[] | null
    }

/** Built in, owns the console; a policy may name it in rules but not define it. */
export const ADMIN_ROLE = 'postern-admin'
