import { readHost } from '../../src/lib/host.ts'
import type { OriginalRequest } from '../../src/lib/original-request.ts'
import type { Principal } from '../../src/lib/principal.ts'
import { readTarget } from '../../src/lib/target.ts'
import type { CompiledPolicy } from '../../src/policies/compile.ts'
import { compilePolicy } from '../../src/policies/compile.ts'
import { decide, judge } from '../../src/policies/evaluate.ts'
import { describeMistakes, readPolicyFile } from '../../src/policies/policy-file.ts'

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
  const policy = readPolicyFile(text)
  if (Array.isArray(policy)) throw new Error(describeMistakes('policy', policy))
  return compilePolicy(policy)
}

/** A request as a dialect would have read it. Throws on what a dialect refuses. */
export function request(host: string, target: string, method = 'GET', appName: string | null = null): OriginalRequest {
  const readHosts = readHost(host)
  const readTargets = readTarget(target)
  if (readHosts === null || typeof readTargets === 'string') throw new Error(`refused by the reader: ${host} ${target}`)
  const known = { scheme: 'https', clientAddress: '203.0.113.7', navigation: true } as const
  return { ...known, method, host: readHosts, target: readTargets, appName }
}

/** Kind of the decision, and the reason where it has one: `forbid missing_role`. */
export function verdict(policy: CompiledPolicy, original: OriginalRequest, who: string): string {
  const decision = decide(judge(policy, original), PEOPLE[who] ?? null)
  return 'reason' in decision ? `${decision.kind} ${decision.reason}` : decision.kind
}

export function principal(login: string, roles: readonly string[]): Principal {
  const id = `00000000-0000-4000-8000-${login.padStart(12, '0')}`
  const person = { userId: id, signInId: id, login, email: `${login}@example.com`, name: login }
  return { ...person, roles, factors: { password: 0 }, absoluteExpiresAt: 0 }
}
