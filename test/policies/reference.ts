import type { Principal } from '../../src/lib/principal.ts'
import type { Decision } from '../../src/policies/decision.ts'
import type { PolicyRule, Requirement } from '../../src/policies/policy.ts'
import { NOW } from './fixture.ts'

/** What is asked, as far as rules look at it. */
export interface Question {
  readonly method: string
  readonly query: string
  readonly clientAddress: string
}

/** How little a visitor gets: what lets pass, asks to sign in, asks for a second factor, lets nobody pass. */
export type Strictness = 0 | 1 | 2 | 3

/** The policy language once more, rule by rule and as plainly as can be (DESIGN 4.5). */
export interface Reference {
  /** What somebody gets for a path that is read in this one way, as text. */
  judge(path: string, question: Question, who: Principal | null): Strictness
}

const ORDINARY = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** @param fold how both patterns and paths are read, such as in small letters */
export function createReference(
  rules: readonly PolicyRule[],
  roles: ReadonlyMap<string, readonly string[]>,
  fold: (text: string) => string = (text) => text,
): Reference {
  const expressions = new Map<string, RegExp>()
  const matchesPath = (pattern: string, path: string, login: string | null): boolean => {
    const key = `${login ?? ''} ${pattern}`
    const known = expressions.get(key) ?? expressionOf(fold(pattern), login)
    expressions.set(key, known)
    return known.test(path)
  }
  return {
    judge(path, question, who) {
      let strictest: Strictness = 0
      for (const rule of rules) {
        const { paths, query, monitor } = rule
        if (monitor || !paths.some((pattern) => matchesPath(pattern, fold(path), who?.login ?? null))) continue
        if (!takesMethod(rule, question.method) || !takesClient(rule, question.clientAddress)) continue
        if (query !== null && !hasParameters(query, question.query)) continue
        strictest = max(strictest, ask(rule, question.method, who, roles))
        if (query === null) return strictest
      }
      return 3
    },
  }
}

/** The same of a decision. */
export function strictnessOf(decision: Decision): Strictness {
  if (decision.kind === 'allow') return 0
  if (decision.kind !== 'sign_in') return 3
  return decision.reason === 'second_factor' ? 2 : 1
}

function max(one: Strictness, other: Strictness): Strictness {
  return one > other ? one : other
}

function ask(
  { action, methods, paths }: PolicyRule,
  method: string,
  who: Principal | null,
  roles: ReadonlyMap<string, readonly string[]>,
): Strictness {
  // Whose rule it is, is known once somebody has signed in.
  if (who === null && paths.some((pattern) => pattern.includes('{login}'))) return 1
  if (action.kind === 'deny' || (methods === null && !ORDINARY.includes(method))) return 3
  if (action.kind === 'anyone') return 0
  if (who === null) return 1
  return meets(action, who, roles) ? prove(action, who) : 3
}

function meets(
  { roles, permissions, users }: Requirement,
  who: Principal,
  defined: ReadonlyMap<string, readonly string[]>,
): boolean {
  const held = who.roles.flatMap((role) => defined.get(role) ?? [])
  if (roles !== null && !roles.some((role) => who.roles.includes(role))) return false
  if (permissions !== null && !permissions.some((permission) => held.includes(permission))) return false
  return users === null || users.includes(who.login)
}

function prove({ factors, maxAuthAgeMs }: Requirement, who: Principal): Strictness {
  const ages = Object.values(who.factors).map((provenAt) => NOW - provenAt)
  if (ages.length < factors) return 2
  const age = ages.toSorted((one, other) => one - other)[factors - 1] ?? Infinity
  return maxAuthAgeMs !== null && age > maxAuthAgeMs ? 1 : 0
}

function takesMethod({ methods }: PolicyRule, method: string): boolean {
  return methods === null || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))
}

/** IPv4 alone, bit by bit. */
function takesClient({ networks }: PolicyRule, address: string): boolean {
  return (
    networks === null ||
    networks.some((network) => {
      const [base = '', prefix = '32'] = network.split('/')
      return bits(base).slice(0, Number(prefix)) === bits(address).slice(0, Number(prefix))
    })
  )
}

function bits(address: string): string {
  return address
    .split('.')
    .map((byte) => Number(byte).toString(2).padStart(8, '0'))
    .join('')
}

function hasParameters(query: NonNullable<PolicyRule['query']>, text: string): boolean {
  const given = new URLSearchParams(text)
  return [...query].every(([name, values]) => {
    return given.getAll(name).some((value) => values === null || values.includes(value))
  })
}

function expressionOf(pattern: string, login: string | null): RegExp {
  const folder = pattern.endsWith('/**')
  const segments = (folder ? pattern.slice(0, -3) : pattern).split('/').map((segment) => {
    if (segment === '*') return '[^/]+'
    return segment
      .split('{login}')
      .map(literal)
      .join(login === null ? '[^/]+' : literal(login))
  })
  return new RegExp(`^${segments.join('/')}${folder ? '(?:/.*)?' : ''}$`, 's')
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
