import type { Decision, ForbidReason, RefuseReason, Rule, SignInReason } from './decision.ts'
import type { PolicyRule, Requirement } from './policy.ts'

const FORBID: Readonly<Record<ForbidReason, string>> = {
  unknown_host: 'no app of the policy has this host',
  no_rule: 'no rule of the app matches',
  denied_by_rule: 'the rule denies it to everybody',
  method_not_named: 'the rule matches, but a method like this passes only where a rule names it',
  missing_role: 'the visitor lacks the role or permission that is asked for',
  not_named: 'it is for other people, by name',
  identity_too_large: 'the headers that would tell the app who it is are larger than 4 KiB',
  outside_token_scope: 'the API token is not for this app, host, path, method or network',
  needs_sign_in: 'the rule asks for more than an API token or a password by Basic can prove',
  too_many_attempts: 'too many passwords by Basic were wrong; it is refused for a while',
}

const SIGN_IN: Readonly<Record<SignInReason, string>> = {
  nobody: 'somebody must be signed in, and nobody is',
  session_moved: 'the session came from another network and another device at once, and ended',
  second_factor: 'two factors are asked for, and the visitor has given one',
  too_long_ago: 'the visitor proved too long ago who it is',
}

const REFUSE: Readonly<Record<RefuseReason, string>> = {
  target_too_long: 'path and query are longer than 8192 bytes',
  target_not_a_path: 'the address has no path that begins with /',
  bad_path_character: 'the path has a character that no browser sends as it is',
  bad_percent_encoding: 'the path has a % without two hexadecimal digits after it',
  encoded_control: 'the path has an encoded control character',
  bad_query_character: 'the query has a character that no browser sends as it is',
  bad_utf8: 'the path is not UTF-8, and the app does not say path_bytes: latin1',
  bad_method: 'the method is not one of the known ones, in capital letters',
  bad_host: 'the host is not a host name, or its port is not the one of the app',
  bad_scheme: 'the scheme is neither http nor https',
  bad_client_address: 'the address of the client can not be read',
  missing_header: 'the proxy left out a header that it must send',
  doubled_header: 'a header came twice that must come once',
  identity_header: 'the client sent a header that an app could take for one of the identity headers',
  untrusted_peer: 'whoever asked is none of the trusted proxies',
  wrong_secret: 'the secret of the proxy is missing or wrong',
  wrong_app: 'the host is not one of the app that the proxy named',
  ambiguous_host: 'several apps have this host, and nothing says which is meant',
  ambiguous_path: 'the path can be read in more ways than are judged, or in one that can not be',
  doubled_authorization: 'the client sent two Authorization headers',
  two_credentials: 'the client sent a session cookie and credentials for Postern in Authorization, which may differ',
}

/** Why a decision came out as it did, without its rule; empty for one that lets somebody pass. */
export function reasonWords(decision: Decision): string {
  switch (decision.kind) {
    case 'allow':
      return ''
    case 'sign_in':
      return SIGN_IN[decision.reason]
    case 'forbid':
      return FORBID[decision.reason]
    case 'refuse':
      return REFUSE[decision.reason]
    case 'fault':
      return 'something went wrong in Postern itself, or its database did not answer; its log says more'
  }
}

/** The same for a reason that was written down; the word itself where this version no longer knows it. */
export function recordedReasonWords(reason: string): string {
  const known: Readonly<Record<string, string>> = { ...FORBID, ...SIGN_IN, ...REFUSE }
  return Object.hasOwn(known, reason) ? (known[reason] ?? reason) : reason
}

/** A decision in one clause: `forbid by rule 3 of app wiki on line 12: …`. */
export function decisionWords(decision: Decision): string {
  const why = reasonWords(decision)
  return [`${decision.kind}${placeOf(decision)}`, why].filter((part) => part !== '').join(': ')
}

/** Kind and reason: `forbid missing_role`, equal for two decisions that mean the same to a visitor. */
export function outcomeOf(decision: Decision): string {
  return 'reason' in decision ? `${decision.kind} ${decision.reason}` : decision.kind
}

/** The rule that decided, or null where none did. */
export function ruleOf(decision: Decision): Rule | null {
  return 'rule' in decision ? decision.rule : null
}

/** A rule as the policy file would have it, in short: `/admin/** GET: require role admin, 2 factors`. */
export function ruleWords(rule: PolicyRule): string {
  const { paths, methods, networks, query, monitor } = rule
  const conditions = [
    paths.join(' '),
    ...(methods === null ? [] : [methods.join(',')]),
    ...(networks === null ? [] : [`from ${networks.join(' ')}`]),
    ...(query === null ? [] : [`with ${[...query].map(([name, values]) => parameterWords(name, values)).join(' ')}`]),
    ...(monitor ? ['(monitor)'] : []),
  ]
  return `${conditions.join(' ')}: ${actionWords(rule)}`
}

function placeOf(decision: Decision): string {
  if (!('app' in decision) || decision.app === null) return ''
  const { app, rule } = decision
  return rule === null
    ? ` by app ${app.name}`
    : ` by rule ${rule.number} of app ${app.name} on line ${rule.source.line}`
}

function parameterWords(name: string, values: readonly string[] | null): string {
  return values === null ? `${name}=*` : `${name}=${values.join('|')}`
}

function actionWords({ action, identify }: PolicyRule): string {
  switch (action.kind) {
    case 'anyone':
      return identify ? 'allow anyone, identify' : 'allow anyone'
    case 'deny':
      return 'deny'
    case 'require':
      return `require ${requirementWords(action)}`
  }
}

function requirementWords({ roles, permissions, users, factors, maxAuthAgeMs }: Requirement): string {
  const asked = [
    ...(roles === null ? [] : [`role ${roles.join(' or ')}`]),
    ...(permissions === null ? [] : [`permission ${permissions.join(' or ')}`]),
    ...(users === null ? [] : [`user ${users.join(' or ')}`]),
    ...(factors === 2 ? ['2 factors'] : []),
    ...(maxAuthAgeMs === null ? [] : [`proof not older than ${maxAuthAgeMs / 60_000} min`]),
  ]
  return asked.length === 0 ? 'somebody signed in' : asked.join(', ')
}
