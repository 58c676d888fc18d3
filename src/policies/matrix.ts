import type { Principal } from '../lib/principal.ts'
import type { CompiledApp, CompiledPolicy } from './compile.ts'
import type { CompiledRule } from './compile-rule.ts'
import type { Decision } from './decision.ts'
import { decide, judge } from './evaluate.ts'
import { ANY_CLIENT, readWrittenRequest, visitorAs } from './run-tests-request.ts'

/** Somebody of whom no more is known than what rules look at. */
export interface MatrixPerson {
  readonly login: string
  readonly roles: readonly string[]
}

/**
 * What somebody who has just given the password may do with an app: its root opens, it opens after a further step, it
 * doesn't though some rule lets him pass elsewhere, or no rule does.
 */
export type CellAccess = 'allow' | 'steps' | 'some_paths' | 'no'

export interface MatrixCell {
  readonly app: string
  readonly access: CellAccess
  /** What the root asks for first; null where it opens, or doesn't at all. */
  readonly asksFor: 'second_factor' | 'proof' | null
  /** Number of the rule that decides of the root, or null for none. */
  readonly rule: number | null
  /**
   * Numbers of the rules that by themselves let him pass, for whatever paths, methods and networks they are there; rules
   * that only watch or only add aren't among them.
   */
  readonly rules: readonly number[]
}

export interface MatrixRow {
  readonly login: string
  /** In the order of the apps. */
  readonly cells: readonly MatrixCell[]
}

export interface MatrixQuestion {
  readonly people: readonly MatrixPerson[]
  /** Names of the policy; unknown ones are left out. All apps unless given. */
  readonly apps?: readonly string[]
  /** Address of the client; one outside every private network unless given. */
  readonly from?: string
}

/** Stands for the one label that `*.` leaves open. */
const ANY_LABEL = 'any-host'
/** The matrix is as timeless as the policy. */
const NOW_MS = 0

/**
 * Who may open what under a policy, by the functions that decide of requests. Where an app names nobody by login all
 * people of the same roles have one cell, so that a page of 10,000 costs no more than their kinds.
 */
export function accessMatrix(policy: CompiledPolicy, { people, apps, from = ANY_CLIENT }: MatrixQuestion): MatrixRow[] {
  const columns = apps === undefined ? [...policy.apps.values()] : apps.flatMap((name) => policy.apps.get(name) ?? [])
  const cellsOf = columns.map((app) => columnOf(policy, app, from))
  return people.map((person) => ({ login: person.login, cells: cellsOf.map((cellOf) => cellOf(person)) }))
}

/** One app's cells, each kind of person judged once. */
function columnOf(policy: CompiledPolicy, app: CompiledApp, from: string): (person: MatrixPerson) => MatrixCell {
  const known = new Map<string, MatrixCell>()
  const host = hostOf(app)
  const depends = host.startsWith('{') || app.rules.some(namesSomebody)
  return (person) => {
    const key = JSON.stringify([person.roles, depends ? person.login : ''])
    const cell = known.get(key) ?? cellFor(policy, { app, host, from }, person)
    known.set(key, cell)
    return cell
  }
}

interface Place {
  readonly app: CompiledApp
  readonly host: string
  readonly from: string
}

function cellFor(policy: CompiledPolicy, { app, host, from }: Place, person: MatrixPerson): MatrixCell {
  const principal = visitorAs({ ...person, factors: 1 }, NOW_MS)
  const url = `${app.origin(nameFor(host, person.login))}/`
  const original = readWrittenRequest(policy, { method: 'GET', url, from })
  const decision: Decision = 'kind' in original ? original : decide(judge(policy, original), principal, NOW_MS)
  const rules = app.rules.filter((rule) => letsPass(rule, principal)).map(({ rule }) => rule.number)
  const rule = 'rule' in decision ? (decision.rule?.number ?? null) : null
  const asksFor = decision.kind !== 'sign_in' ? null : decision.reason === 'second_factor' ? 'second_factor' : 'proof'
  return { app: app.name, access: accessOf(decision, rules), asksFor, rule, rules }
}

function accessOf({ kind }: Decision, rules: readonly number[]): CellAccess {
  if (kind === 'allow') return 'allow'
  if (kind === 'sign_in') return 'steps'
  return rules.length > 0 ? 'some_paths' : 'no'
}

/** At once or after a further step. */
function letsPass({ part, verdict }: CompiledRule, principal: Principal): boolean {
  if (part !== 'decides') return false
  const { kind } = decide(verdict, principal, NOW_MS)
  return kind === 'allow' || kind === 'sign_in'
}

function namesSomebody({ personal, verdict }: CompiledRule): boolean {
  return personal || (verdict.kind === 'require' && verdict.demands.some(({ logins }) => logins !== null))
}

/** One that is a name by itself where there is any. */
function hostOf({ hosts }: CompiledApp): string {
  return hosts.find((host) => !/^[*{]/.test(host)) ?? hosts.find((host) => host.startsWith('*')) ?? hosts[0] ?? ''
}

function nameFor(host: string, login: string): string {
  return host.replace(/^\*/, ANY_LABEL).replace(/^\{login\}/, login)
}
