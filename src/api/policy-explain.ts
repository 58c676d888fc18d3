import { z } from 'zod'
import { PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import type { ExplanationReport } from '../policies/explain-report.ts'
import { explainRequest, reportDecision } from '../policies/explain-report.ts'
import type { Policies } from '../policies/policies.ts'
import { ANY_CLIENT, readWrittenRequest, visitorAs } from '../policies/run-tests-request.ts'
import type { Queryable } from '../store/database.ts'
import { canonical } from '../users/profile.ts'
import { FIND_USER } from '../users/users-table.ts'
import { operation } from './operation.ts'
import type { Operation } from './operation.ts'
import { COUNT, LOGIN, MAYBE_TEXT, TEXT } from './shapes.ts'

export interface ExplainParts {
  readonly database: Queryable
  readonly policies: Pick<Policies, 'current' | 'version'>
}

const RULE = { number: COUNT, line: COUNT, text: TEXT }
const LOOKED_AT = z.strictObject({ ...RULE, part: TEXT, missed: MAYBE_TEXT, outcome: MAYBE_TEXT })
const READING = z.strictObject({
  path: TEXT,
  patterns: TEXT,
  because: z.strictObject({ name: TEXT, servers: TEXT, of: TEXT }).nullable(),
  outcome: TEXT,
  decides: z.boolean(),
  rules: z.array(LOOKED_AT),
})
const EXPLANATION = z.strictObject({
  policy_version: COUNT,
  kind: z.enum(['allow', 'sign_in', 'forbid', 'refuse', 'fault']),
  reason: MAYBE_TEXT,
  why: TEXT,
  app: MAYBE_TEXT,
  rule: z.strictObject(RULE).nullable(),
  readings: z.array(READING),
})

/** What the policy in force decides of a request that somebody thinks of. */
export function explainOperation(parts: ExplainParts): Operation {
  const { database, policies } = parts
  return operation({
    name: 'explainRequest',
    method: 'GET',
    path: '/policy/explain',
    tag: 'policy',
    summary: 'Tells what the policy in force decides of a request, and why',
    access: 'postern.policy:read',
    query: {
      url: z.string().min(1).max(4_096).describe('Whole URL, such as https://wiki.example.com/admin/.'),
      method: z.string().min(1).max(32).default('GET'),
      user: LOGIN.max(254).optional().describe('Whose request it is; left out for nobody.'),
      from: z.string().max(64).default(ANY_CLIENT).describe('Address that it comes from.'),
    },
    data: EXPLANATION,
    errors: ['unknown_user'],
    async run({ query: { user, ...written } }) {
      const principal = user === undefined ? null : await visitorOf(database, user)
      return { data: { policy_version: policies.version, ...plain(explainNow(policies, written, principal)) } }
    },
  })
}

function explainNow(
  policies: ExplainParts['policies'],
  written: { readonly method: string; readonly url: string; readonly from: string },
  principal: Principal | null,
): ExplanationReport {
  const policy = policies.current()
  const original = readWrittenRequest(policy, written)
  return 'kind' in original ? reportDecision(original) : explainRequest(policy, original, principal, Date.now())
}

/** As schemas have it, whose lists aren't read-only. */
function plain(report: ExplanationReport): Omit<z.input<typeof EXPLANATION>, 'policy_version'> {
  return { ...report, readings: report.readings.map((reading) => ({ ...reading, rules: [...reading.rules] })) }
}

/** As somebody who has just given the password; null for who is disabled and can't be signed in. */
async function visitorOf(database: Queryable, login: string): Promise<Principal | null> {
  const [row] = await database.query(FIND_USER, canonical(login))
  if (row === undefined) throw new PosternError('unknown_user')
  if (row.disabled_at !== null) return null
  return visitorAs({ login: row.login, roles: row.held_roles, factors: 1 }, Date.now())
}
