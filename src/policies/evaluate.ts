import type { OriginalRequest } from '../lib/original-request.ts'
import type { Principal } from '../lib/principal.ts'
import { readAsked } from './asked.ts'
import type { Asked } from './asked.ts'
import { verdictFor } from './compile-rule.ts'
import type { CompiledPolicy } from './compile.ts'
import { decideRequired } from './decide-required.ts'
import type { Decision, Demand, Judgement, Refuse } from './decision.ts'
import type { Form, PlainForms } from './forms.ts'
import { wildcardOf } from './host-index.ts'
import { lookUps } from './look-ups.ts'
import type { LookUps } from './look-ups.ts'
import type { Visitor } from './path-index.ts'

const AMBIGUOUS_PATH: Refuse = { kind: 'refuse', reason: 'ambiguous_path' }

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

/** Of two verdicts the one that lets fewer people pass; two requirements must both be met. */
export function moreRestrictive(one: Judgement, other: Judgement): Judgement {
  if (one === other) return one
  if (one.kind === 'require' && other.kind === 'require') return { ...one, demands: [...one.demands, ...other.demands] }
  if (one.kind === 'anyone' && other.kind === 'anyone') return one.identify ? other : one
  return strictness(other) > strictness(one) ? other : one
}

/** For every method that the app may take it for. */
function judgeVisitor(asked: Asked, visitor: Visitor): Judgement {
  const verdict = judgeMethod(asked, visitor)
  if (asked.others.length === 0) return verdict
  return asked.others
    .map((method) => judgeMethod({ ...asked, method, others: [asked.method, ...asked.others] }, visitor))
    .reduce(moreRestrictive, verdict)
}

function judgeMethod(asked: Asked, visitor: Visitor): Judgement {
  const { app, original, method } = asked
  const { path, plain } = original.target
  const forms = plain && app.plainForms !== null ? formsFor(app.plainForms, path) : null
  if (forms !== null) return judgePlain(asked, forms, visitor)
  const found = lookUps(asked)
  if (found === null) return app.uniform[method] ?? AMBIGUOUS_PATH
  return found.paths
    .map(([form, path]) => judgePath(asked, found, { form, path, visitor }))
    .reduce((one, next) => moreRestrictive(one, next))
}

function formsFor({ bare, dotted, slashed }: PlainForms, path: string): readonly Form[] | null {
  if (path.length > 1 && path.endsWith('/')) return slashed
  return path.lastIndexOf('.') > path.lastIndexOf('/') + 1 ? dotted : bare
}

/** What `lookUps` would lead to, with nothing made on the way: most requests are for such a path. */
function judgePlain(asked: Asked, forms: readonly Form[], visitor: Visitor): Judgement {
  const { app, method, original } = asked
  let verdict: Judgement | null = null
  for (const { index, foldEnd } of forms) {
    const next = judgeAt(asked, index.find(foldEnd(original.target.path), method, visitor), visitor)
    verdict = verdict === null ? next : moreRestrictive(verdict, next)
  }
  return verdict ?? app.noRule
}

interface Place {
  readonly form: Form
  readonly path: string
  readonly visitor: Visitor
}

function judgePath(asked: Asked, { hasQueryOf }: LookUps, { form, path, visitor }: Place): Judgement {
  const { app, method } = asked
  const place = form.index.find(path, method, visitor)
  const verdict = judgeAt(asked, place, visitor)
  if (form.overlay === null) return verdict
  const added = form.overlay.findAll(path, method, visitor, place).filter((order) => {
    const rule = app.rules[order]
    return rule?.part === 'adds' && hasQueryOf(rule)
  })
  return added.map((order) => judgeAt(asked, order, visitor)).reduce(moreRestrictive, verdict)
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
