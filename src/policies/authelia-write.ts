import type { EmittedRule } from './authelia-emit.ts'
import { formatCidr, formatPattern } from './authelia-region.ts'
import type { RequirementDocument } from './authelia-roles.ts'
import { ALL_METHODS, METHODS } from './method.ts'

/** A policy file as values. */
export interface PolicyDocument {
  readonly roles: ReadonlyMap<string, readonly string[]>
  readonly apps: readonly AppDocument[]
}

export interface AppDocument {
  readonly name: string
  readonly hosts: readonly string[]
  readonly rules: readonly RuleDocument[]
}

export interface RuleDocument {
  /** Keys and values as the file has them, in its order. */
  readonly keys: Readonly<Record<string, unknown>>
  /** Lines of Authelia's configuration that the rule comes from. */
  readonly lines: readonly number[]
  readonly isStricter: boolean
}

/** Words that YAML takes for something else than text. */
const NO_TEXT = /^(?:true|false|null|yes|no|on|off|y|n)$/i

/** A rule as the policy file has it. */
export function toRuleDocument(
  { region, query, outcome, isStricter }: EmittedRule,
  requirement: RequirementDocument | null,
  lines: readonly number[],
): RuleDocument {
  const paths = region.paths.map(formatPattern)
  const names = METHODS.filter((_, number) => (region.methods & (1 << number)) !== 0)
  const keys = {
    ...(!paths.includes('/**') && { path: paths.length === 1 ? paths[0] : paths }),
    ...(region.methods !== ALL_METHODS && {
      methods: names.filter((name) => name !== 'HEAD' || !names.includes('GET')),
    }),
    ...(region.networks !== null && { networks: region.networks.map(formatCidr) }),
    ...(query !== null && { query: Object.fromEntries([...query].map(([name, values]) => [name, values ?? '*'])) }),
    ...(outcome.kind === 'anyone' && { allow: 'anyone' }),
    ...(outcome.kind === 'deny' && { deny: true }),
    ...(outcome.kind === 'require' && { require: requirement ?? {} }),
  }
  return { keys, lines, isStricter }
}

/** The policy as a program reads it. */
export function toJson({ roles, apps }: PolicyDocument): unknown {
  const written = apps.map(({ name, hosts, rules }) => ({ name, hosts, rules: rules.map(({ keys }) => keys) }))
  return { version: 1, roles: Object.fromEntries(roles), apps: written }
}

/** The policy as a file, each rule with the lines that it comes from. */
export function toYaml({ roles, apps }: PolicyDocument): string {
  const roleLines = [...roles].map(([name, permissions]) => `  ${flow(name)}: ${flow(permissions)}`)
  return [
    '# Lines are those of the configuration of Authelia that a rule comes from.',
    'version: 1',
    roles.size === 0 ? 'roles: {}' : 'roles:',
    ...roleLines,
    apps.length === 0 ? 'apps: []' : 'apps:',
    ...apps.flatMap(writeApp),
    '',
  ].join('\n')
}

function writeApp({ name, hosts, rules }: AppDocument): string[] {
  const head = [`  - name: ${flow(name)}`, `    hosts: ${flow(hosts)}`]
  if (rules.length === 0) return [...head, '    rules: [] # nobody gets in']
  return [...head, '    rules:', ...rules.map((rule) => `      - ${flow(rule.keys)} # ${commentOn(rule)}`)]
}

function commentOn({ lines, isStricter }: RuleDocument): string {
  if (lines.length === 0) return 'default_policy'
  const where = `line${lines.length === 1 ? '' : 's'} ${lines.toSorted((one, other) => one - other).join(', ')}`
  return isStricter ? `stricter than ${where}` : where
}

/** A value on one line. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (typeof value === 'string') return isPlain(value) ? value : JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const pairs = Object.entries(value).map(([key, item]) => `${flow(key)}: ${flow(item)}`)
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
}

/** Words, paths and IPv4 networks need no quotes. */
function isPlain(text: string): boolean {
  return /^(?:[a-z/][\w/.~*-]*|[\d.]+\/\d+)$/i.test(text) && !NO_TEXT.test(text)
}
