import { readNetworks } from '../lib/address.ts'
import { isOwnPermission, OWN_PERMISSIONS } from '../lib/permissions.ts'
import type { OriginalRequest } from '../lib/original-request.ts'
import type { TokenScope } from '../lib/principal.ts'
import { compilePolicy } from './compile.ts'
import type { CompiledApp, CompiledPolicy } from './compile.ts'
import type { App } from './decision.ts'
import { judge } from './evaluate.ts'
import { METHODS, readMethod } from './method.ts'
import { isPersonal, readPattern } from './pattern.ts'
import { readPolicyHost } from './policy-host.ts'
import type { PolicyRule } from './policy.ts'

/** Whether a request to this app lies within what a token is for. */
export type IsInScope = (policy: CompiledPolicy, app: App, original: OriginalRequest, scope: TokenScope) => boolean

/** Where a token is for everything. */
export const WHOLE_SCOPE: TokenScope = {
  apps: null,
  hosts: null,
  paths: null,
  methods: null,
  networks: null,
  api: null,
}

/** The lists of a scope. */
const SCOPE_FIELDS = ['apps', 'hosts', 'paths', 'methods', 'networks', 'api'] as const

/** Of each list; a client that needs more needs another token. */
const MAX_ITEMS = 50

/**
 * Makes of each scope a policy with one rule, once per app, and judges by that: paths are compared in every reading and
 * form in which the app's own rules are. What is made goes when memory forgets the token or the policy changes.
 */
export function createScopeTest(): IsInScope {
  const made = new WeakMap<App, WeakMap<TokenScope, CompiledPolicy>>()
  const policyOf = (app: CompiledApp, scope: TokenScope): CompiledPolicy => {
    const ofApp = made.get(app) ?? new WeakMap<TokenScope, CompiledPolicy>()
    made.set(app, ofApp)
    const policy = ofApp.get(scope) ?? compileScope(app, scope)
    ofApp.set(scope, policy)
    return policy
  }
  return (policy, { name }, original, scope) => {
    if (scope.apps !== null && !scope.apps.includes(name)) return false
    if (isWholeApp(scope)) return true
    const app = policy.apps.get(name)
    return app !== undefined && judge(policyOf(app, scope), original).kind === 'anyone'
  }
}

/** What is wrong with a scope: for each list at fault a sentence. Empty where nothing is. */
export function scopeMistakes(policy: CompiledPolicy, scope: TokenScope): Readonly<Record<string, string>> {
  const mistakes = SCOPE_FIELDS.flatMap((field): [string, string][] => {
    const items = scope[field]
    const sentence = items === null ? null : listMistake(policy, field, items)
    return sentence === null ? [] : [[field, sentence]]
  })
  return Object.fromEntries(mistakes)
}

function isWholeApp({ hosts, paths, methods, networks }: TokenScope): boolean {
  return hosts === null && paths === null && methods === null && networks === null
}

/** Without `methods` it names them all: the app's own rules say which of them pass. */
function compileScope({ source }: CompiledApp, scope: TokenScope): CompiledPolicy {
  const rule: PolicyRule = {
    line: 0,
    paths: scope.paths ?? ['/**'],
    methods: scope.methods ?? METHODS,
    networks: scope.networks,
    query: null,
    monitor: false,
    identify: false,
    action: { kind: 'anyone' },
  }
  const app = { ...source, hosts: scope.hosts ?? source.hosts, rules: [rule] }
  return compilePolicy({ roles: new Map(), apps: [app], tests: [] })
}

function listMistake(policy: CompiledPolicy, field: keyof TokenScope, items: readonly string[]): string | null {
  if (items.length === 0 || items.length > MAX_ITEMS)
    return field === 'api' ? `Give 1 to ${MAX_ITEMS}, or none.` : `Give 1 to ${MAX_ITEMS}, or none for all.`
  const mistakes = items.map((item) => CHECKS[field](item, policy))
  return mistakes.find((mistake) => mistake !== null) ?? null
}

const CHECKS: Readonly<Record<keyof TokenScope, (item: string, policy: CompiledPolicy) => string | null>> = {
  apps: (name, { apps }) => (apps.has(name) ? null : 'The policy has no app of this name.'),
  hosts: (host) =>
    readPolicyHost(host) === host && !host.startsWith('{') ? null : 'A host is a name such as wiki.example.com.',
  paths: pathMistake,
  methods: (method) => (readMethod(method) === null ? `Methods are ${METHODS.join(', ')}.` : null),
  networks: (network) => {
    const networks = readNetworks([network])
    return typeof networks === 'string' ? `A network is one such as 10.0.0.0/8: ${networks}` : null
  },
  api: (name) => (isOwnPermission(name) ? null : `Permissions are ${Object.keys(OWN_PERMISSIONS).join(', ')}.`),
}

function pathMistake(text: string): string | null {
  const pattern = readPattern(text)
  if (typeof pattern === 'string') return `A path is a pattern such as /api/**: ${pattern}.`
  return isPersonal(pattern) ? 'A token has one owner: write the login itself, not {login}.' : null
}
