import { readHost } from '../../src/lib/host.ts'
import type { OriginalRequest } from '../../src/lib/original-request.ts'
import type { FactorTimes, Principal } from '../../src/lib/principal.ts'
import { readTarget } from '../../src/lib/target.ts'
import type { CompiledPolicy } from '../../src/policies/compile.ts'
import { compilePolicy } from '../../src/policies/compile.ts'
import type { Decision } from '../../src/policies/decision.ts'
import { decide, judge } from '../../src/policies/evaluate.ts'
import { describeMistakes, readPolicyFile } from '../../src/policies/policy-file.ts'
import type { Policy } from '../../src/policies/policy.ts'

/** When everything in these tests is asked, ms since 1970. */
export const NOW = 100_000_000_000

/** A policy with every kind of rule, for the hosts app.example.com and *.team.example.com. */
export const POLICY = policyOf(`
version: 1
roles:
  user: ['api:read']
  admin: ['api:read', 'api:write']
  team: []
apps:
  - name: app
    hosts: [app.example.com]
    rules:
      - { path: /public/**, allow: anyone }
      - { path: /healthz, methods: [GET], allow: anyone }
      - { path: /admin/**, require: { role: admin } }
      - { path: /api/**, methods: [GET, HEAD], require: { permission: 'api:read' } }
      - { path: /api/**, methods: [POST, PUT, PATCH, DELETE], require: { permission: 'api:write' } }
      - { path: /both/**, require: { role: team, permission: 'api:write' } }
      - { path: [/old, /old/archive/**], deny: true }
      - { path: /users/*/avatar, allow: anyone }
      - { path: /trace, methods: [TRACE], allow: anyone }
      - { path: [/secret/**, /café/**], deny: true }
      - { path: /**, require: {} }
  - name: team
    hosts: ['*.team.example.com']
    rules:
      - { require: { role: team } }
  - name: open
    hosts: [open.example.com]
    rules:
      - { path: /drop/**, methods: [PUT], allow: anyone }
      - { allow: anyone }
  - name: closed
    hosts: [closed.example.com]
    rules: []
`)

/** Principals by name; null is nobody. */
export const PEOPLE: Readonly<Record<string, Principal | null>> = {
  nobody: null,
  alice: principal('alice', ['user']),
  bob: principal('bob', ['admin', 'team']),
  tom: principal('tom', ['team']),
  none: principal('none', []),
}

/** A policy that must be right. */
export function policyOf(text: string): CompiledPolicy {
  return compilePolicy(sourceOf(text))
}

/** The same before it is compiled. */
export function sourceOf(text: string): Policy {
  const policy = readPolicyFile(text)
  if (Array.isArray(policy)) throw new Error(describeMistakes('policy', policy))
  return policy
}

/** A policy of one app on `app.test`, with the roles `staff` and `admin`; `keys` are further lines of the app. */
export function policyOfRules(rules: readonly string[], keys: readonly string[] = []): CompiledPolicy {
  return compilePolicy(sourceOfRules(rules, keys))
}

/** The same before it is compiled. */
export function sourceOfRules(rules: readonly string[], keys: readonly string[] = []): Policy {
  const app = ['  - name: app', '    hosts: [app.test]', ...keys.map((key) => `    ${key}`), '    rules:']
  const lines = rules.map((rule) => `      - ${rule}`)
  return sourceOf(['version: 1', 'roles: { staff: [], admin: [] }', 'apps:', ...app, ...lines, ''].join('\n'))
}

/** A request as a dialect would have read it. Throws on what a dialect refuses. */
export function request(
  host: string,
  target: string,
  method = 'GET',
  more: Partial<Pick<OriginalRequest, 'appName' | 'clientAddress' | 'aliases' | 'overrides'>> = {},
): OriginalRequest {
  const readHosts = readHost(host)
  const readTargets = readTarget(target)
  if (readHosts === null || typeof readTargets === 'string') throw new Error(`refused by the reader: ${host} ${target}`)
  const known = {
    scheme: 'https',
    clientAddress: '203.0.113.7',
    navigation: true,
    appName: null,
    aliases: [],
    overrides: [],
  } as const
  return { ...known, ...more, method, host: readHosts, target: readTargets }
}

/** Kind of the decision, and the reason where it has one: `forbid missing_role`; a first sign-in is `sign_in` alone. */
export function verdict(policy: CompiledPolicy, original: OriginalRequest, who: string): string {
  return describeDecision(decide(judge(policy, original), PEOPLE[who] ?? null, NOW))
}

/** A decision as `verdict` gives it. */
export function describeDecision(decision: Decision): string {
  if (!('reason' in decision) || decision.reason === 'nobody') return decision.kind
  return `${decision.kind} ${decision.reason}`
}

/** Somebody who gave his password a minute ago, and so many other factors. */
export function principal(
  login: string,
  roles: readonly string[],
  factors: FactorTimes = { password: NOW - 60_000 },
): Principal {
  const id = `00000000-0000-4000-8000-${login.padStart(12, '0')}`
  const person = { userId: id, signInId: id, login, email: `${login}@example.com`, name: login }
  return { ...person, roles, factors, absoluteExpiresAt: 0 }
}
