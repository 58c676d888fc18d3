import type { CompiledPolicy } from '../../src/policies/compile.ts'
import { compilePolicy } from '../../src/policies/compile.ts'
import { describeMistakes, readPolicyFile } from '../../src/policies/policy-file.ts'
import type { Policy } from '../../src/policies/policy.ts'

/** A policy file of one app at wiki.example.com with these rules. */
export function wikiFile(rules: readonly string[], { tests = [], app = [] }: SampleOptions = {}): string {
  return [
    'version: 1',
    'roles:',
    "  staff: ['wiki:read']",
    '  admin: []',
    'apps:',
    '  - name: wiki',
    '    hosts: [wiki.example.com]',
    ...app.map((line) => `    ${line}`),
    '    rules:',
    ...rules.map((rule) => `      - ${rule}`),
    ...(tests.length === 0 ? [] : ['tests:', ...tests.map((line) => `  - ${line}`)]),
    '',
  ].join('\n')
}

export interface SampleOptions {
  readonly tests?: readonly string[]
  /** Further lines of the app. */
  readonly app?: readonly string[]
}

/** A policy that must be readable. */
export function readPolicy(source: string): Policy {
  const policy = readPolicyFile(source)
  if (Array.isArray(policy)) throw new Error(describeMistakes('policy', policy))
  return policy
}

export function compiled(source: string): CompiledPolicy {
  return compilePolicy(readPolicy(source))
}
