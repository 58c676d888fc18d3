import type { OriginalRequest } from '../lib/original-request.ts'
import { RESERVED_PREFIX } from './alias-guard.ts'
import type { CompiledApp, CompiledPolicy } from './compile.ts'
import type { CompiledRule } from './compile-rule.ts'
import { verdictFor } from './compile-rule.ts'
import { decideRequired } from './decide-required.ts'
import type { Decision, Demand, Judgement, Refuse } from './decision.ts'
import type { Principal } from '../lib/principal.ts'
import { findApp } from './find-app.ts'
import type { Form } from './forms.ts'
import { wildcardOf } from './host-index.ts'
import { methodNumber } from './method.ts'
import { foldLastSlash, foldLetterCase } from './path-folds.ts'
import { NO_RULE } from './path-index.ts'
import type { Visitor } from './path-index.ts'
import { queryMatches } from './query-condition.ts'
import { readingsOf } from './readings.ts'

/** What an app is asked for, once it is known which app. */
export interface Asked {
  readonly app: CompiledApp
  readonly original: OriginalRequest
  /** Number of `method.ts`. */
  readonly method: number
}

const BAD_METHOD: Refuse = { kind: 'refuse', reason: 'bad_method' }
const BAD_UTF8: Refuse = { kind: 'refuse', reason: 'bad_utf8' }
const AMBIGUOUS_PATH: Refuse = { kind: 'refuse', reason: 'ambiguous_path' }
const IDENTITY_HEADER: Refuse = { kind: 'refuse', reason: 'identity_header' }

/** What the rules ask of a request before any credential is looked at: the most restrictive verdict of all readings. */
export function judge(policy: CompiledPolicy, original: OriginalRequest): Judgement {
  const asked = readAsked(policy, original)
  if ('kind' in asked) return asked
  return forOwner(asked, judgeVisitor(asked, original))
}

/** The answer for a principal, or null for nobody signed in. Whom no rule asks for isn't told to the app. */
export function decide(judgement: Judgement, principal: Principal | null, nowMs: number): Decision {
  switch (judgement.kind) {
    case 'anyone': {
      const { app, rule, identify } = judgement
      return { kind: 'allow', app, rule, principal: identify ? principal : null }
    }
    case 'require':
      return decideRequired(judgement, principal, nowMs)
    case 'personal': {
      const { app, rule } = judgement
      if (principal === null) return { kind: 'sign_in', app, rule, reason: 'nobody', principal }
      return decide(judgement.judgeFor(principal.login), principal, nowMs)
    }
    case 'forbid':
    case 'refuse':
      return principal === null || judgement.kind === 'refuse' ? judgement : { ...judgement, principal }
  }
}

/** The app and method that are asked for, or why nothing can be. */
export function readAsked(
  policy: CompiledPolicy,
  original: OriginalRequest,
): Asked | Exclude<Judgement, { kind: 'personal' }> {
  const app = findApp(policy, original.host, original.appName)
  if ('kind' in app) return app
  if (original.aliases.length > 0 && isGuarded(app, original.aliases)) return IDENTITY_HEADER
  const method = methodNumber(original.method)
  if (method === null) return BAD_METHOD
  if (!original.target.utf8 && app.source.pathBytes === 'utf8') return BAD_UTF8
  return { app, original, method }
}

function isGuarded({ source, identityNames }: CompiledApp, aliases: readonly string[]): boolean {
  if (source.aliasGuard === 'ignore') return false
  return aliases.some((name) => identityNames.has(name) || name.startsWith(RESERVED_PREFIX))
}

/** Every form of the patterns with every path that is to be looked up in it; null where there are too many readings. */
export function lookUps(asked: Asked): readonly (readonly [Form, string])[] | null {
  const { app, original } = asked
  const readings = readingsOf(original.target, app.source.pathBytes, app.folds)
  if (readings === null) return null
  const found: (readonly [Form, string])[] = []
  for (const form of app.forms) {
    for (const reading of readings) {
      const path = form.foldPath(reading)
      if (!found.some(([other, known]) => other.index === form.index && known === path)) found.push([form, path])
    }
  }
  return [...found, ...guardedTwins(asked, readings)]
}

/**
 * What a path is with other letters or without its last `/`, where a rule stands for just that: `/Docs/x` under
 * `/Docs/**` is looked up as `/docs/x` too where there is `/docs/**`, but not where only `/**` would take it.
 */
function guardedTwins({ app, original, method }: Asked, readings: readonly string[]): (readonly [Form, string])[] {
  if (app.hasOneForm) return []
  const [asWritten] = app.forms
  const { index } = asWritten
  return readings.flatMap((reading) => {
    const small = foldLetterCase(reading)
    const twins = new Set([small, foldLastSlash(reading), foldLastSlash(small)])
    const guarded = [...twins].filter((twin) => {
      const place = twin === reading ? NO_RULE : index.find(twin, method, original)
      return place !== NO_RULE && !index.findAll(reading, method, original, place + 1).includes(place)
    })
    return guarded.map((twin) => [asWritten, twin] as const)
  })
}

function judgeVisitor(asked: Asked, visitor: Visitor): Judgement {
  const { app, original, method } = asked
  const { path, plain } = original.target
  const [asWritten] = app.forms
  if (plain && app.hasOneForm && asWritten.overlay === null && isBare(path))
    return judgeAt(asked, asWritten.index.find(path, method, visitor), visitor)
  const found = lookUps(asked)
  if (found === null) return app.uniform[method] ?? AMBIGUOUS_PATH
  return found
    .map(([form, path]) => judgePath(asked, form, path, visitor))
    .reduce((one, next) => moreRestrictive(one, next))
}

/** True where nothing stands at the end that some servers leave off. */
function isBare(path: string): boolean {
  return !path.endsWith('/') && path.lastIndexOf('.') <= path.lastIndexOf('/') + 1
}

function judgePath(asked: Asked, { index, overlay }: Form, path: string, visitor: Visitor): Judgement {
  const { app, original, method } = asked
  const place = index.find(path, method, visitor)
  const verdict = judgeAt(asked, place, visitor)
  // What only adds does so for parameters.
  if (overlay === null || original.target.query === '') return verdict
  const added = overlay.findAll(path, method, visitor, place).filter((order) => adds(app.rules[order], original))
  return added.map((order) => judgeAt(asked, order, visitor)).reduce(moreRestrictive, verdict)
}

function adds(rule: CompiledRule | undefined, { target }: OriginalRequest): boolean {
  if (rule?.part !== 'adds') return false
  const { query } = rule.rule.source
  return query !== null && queryMatches(query, target.query)
}

/** @param place as a `PathIndex` gives it */
function judgeAt(asked: Asked, place: number, visitor: Visitor): Judgement {
  const { app, method, original } = asked
  const rule = app.rules[place]
  if (rule === undefined) return app.noRule
  const verdict = verdictFor(rule, method)
  if (!rule.personal || visitor.login !== undefined) return verdict
  const judgeFor = (login: string): Judgement =>
    forOwner(asked, judgeVisitor(asked, { clientAddress: original.clientAddress, login }))
  return { kind: 'personal', app, rule: rule.rule, judgeFor }
}

/** Of two verdicts the one that lets fewer people pass; two requirements must both be met. */
function moreRestrictive(one: Judgement, other: Judgement): Judgement {
  if (one === other) return one
  if (one.kind === 'require' && other.kind === 'require') return { ...one, demands: [...one.demands, ...other.demands] }
  if (one.kind === 'anyone' && other.kind === 'anyone') return one.identify ? other : one
  return strictness(other) > strictness(one) ? other : one
}

function strictness(judgement: Judgement): number {
  switch (judgement.kind) {
    case 'anyone':
      return 0
    case 'require':
      return 1
    // All readings are judged again once it is known who asks, so that no requirement beside it is lost.
    case 'personal':
      return 2
    case 'forbid':
      return 3
    case 'refuse':
      return 4
  }
}

/** On a host such as `{login}.example.com` whoever must be signed in must be the one whom it names. */
function forOwner({ app, original }: Asked, judgement: Judgement): Judgement {
  if (judgement.kind !== 'require' || app.ownHostNames.size === 0) return judgement
  const { name } = original.host
  if (app.hostNames.has(name) || !app.ownHostNames.has(wildcardOf(name) ?? '')) return judgement
  const owner: Demand = {
    rule: judgement.rule,
    roleSets: [],
    logins: new Set([name.slice(0, name.indexOf('.'))]),
    factors: 1,
    maxAuthAgeMs: null,
  }
  return { ...judgement, demands: [...judgement.demands, owner] }
}
