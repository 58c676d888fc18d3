import type { OriginalRequest } from '../lib/original-request.ts'
import type { Principal } from '../lib/principal.ts'
import type { CompiledApp, CompiledPolicy } from './compile.ts'
import { verdictAt } from './compile.ts'
import type { Decision, Judgement, Refuse, RoleSets } from './decision.ts'
import { findApp } from './find-app.ts'
import { methodNumber } from './method.ts'
import { hasOneReading, readingsOf } from './readings.ts'

const BAD_METHOD: Refuse = { kind: 'refuse', reason: 'bad_method' }
const AMBIGUOUS_PATH: Refuse = { kind: 'refuse', reason: 'ambiguous_path' }

/** What the rules ask of a request before any credential is looked at: the most restrictive verdict of all readings. */
export function judge(policy: CompiledPolicy, original: OriginalRequest): Judgement {
  const app = findApp(policy, original.host, original.appName)
  if ('kind' in app) return app
  const method = methodNumber(original.method)
  if (method === null) return BAD_METHOD
  const { path, plain } = original.target
  if (plain && hasOneReading(app, path)) return verdictAt(app, app.asWritten.find(path, method), method)
  return judgeReadings(app, path, method)
}

/** The answer for a principal, or null for nobody signed in. Whom no rule asks for isn't told to the app. */
export function decide(judgement: Judgement, principal: Principal | null): Decision {
  switch (judgement.kind) {
    case 'anyone':
      return { kind: 'allow', app: judgement.app, principal: null }
    case 'require':
      return decideRequired(judgement, principal)
    case 'forbid':
    case 'refuse':
      return judgement
  }
}

function judgeReadings(app: CompiledApp, path: string, method: number): Judgement {
  const readings = readingsOf(app, path)
  if (readings === null) return app.uniform[method] ?? AMBIGUOUS_PATH
  return readings
    .map(({ path, patterns }) => verdictAt(app, patterns.find(path, method), method))
    .reduce((one, other) => moreRestrictive(one, other))
}

/** Of two verdicts the one that lets fewer people pass; two requirements must both be met. */
function moreRestrictive(one: Judgement, other: Judgement): Judgement {
  if (one === other) return one
  if (one.kind === 'require' && other.kind === 'require') {
    return { ...one, roleSets: [...one.roleSets, ...other.roleSets] }
  }
  return strictness(other) > strictness(one) ? other : one
}

function strictness(judgement: Judgement): number {
  switch (judgement.kind) {
    case 'anyone':
      return 0
    case 'require':
      return 1
    case 'forbid':
      return 2
    case 'refuse':
      return 3
  }
}

function decideRequired(required: Extract<Judgement, { kind: 'require' }>, principal: Principal | null): Decision {
  const { app, rule, roleSets } = required
  if (principal === null) return { kind: 'sign_in', app, factors: 1 }
  if (!meetsAll(roleSets, principal.roles)) return { kind: 'forbid', reason: 'missing_role', app, rule, principal }
  return { kind: 'allow', app, principal }
}

function meetsAll(roleSets: RoleSets, roles: readonly string[]): boolean {
  return roleSets.every((set) => roles.some((role) => set.has(role)))
}
