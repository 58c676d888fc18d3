import { z } from 'zod'
import type { AdministrationParts } from '../administration/parts.ts'
import * as flow from '../administration/policy.ts'
import { diffVersions, REPLAYED, replayPolicy, tryPolicy } from '../administration/try-policy.ts'
import { PosternError } from '../errors.ts'
import type { TextDifference } from '../policies/diff-sources.ts'
import { MAX_POLICY_BYTES } from '../policies/policy-file.ts'
import type { PolicyMistake } from '../policies/policy-file.ts'
import { operation, PAGE } from './operation.ts'
import type { Operation } from './operation.ts'
import { given, REASON } from './shapes.ts'
import * as shape from './policy-shapes.ts'

/** A file and what else a body holds. */
const MAX_BODY_BYTES = MAX_POLICY_BYTES + 65_536
const VERSION = z.coerce.number().int().min(1).max(999_999_999)
const SOURCE = z.string().min(1).max(MAX_POLICY_BYTES).describe('Text of the policy file.')
const EXPECTED = z
  .number()
  .int()
  .min(0)
  .max(999_999_999)
  .optional()
  .describe('Version that must be in force, 0 for none yet; another one refuses. If-Match says the same.')

const READ = { tag: 'policy', access: 'postern.policy:read' } as const
const WRITE = { tag: 'policy', access: 'postern.policy:write', needsProof: true } as const
const REFUSALS = ['policy_in_file', 'changed_since', 'not_yours_to_give'] as const

/** The policy: what is in force, what was, what a draft would do, and putting one in force. */
export function policyOperations(parts: AdministrationParts): readonly Operation[] {
  return [...readingOperations(parts), ...tryingOperations(parts), ...changingOperations(parts)]
}

function readingOperations(parts: AdministrationParts): readonly Operation[] {
  return [
    operation({
      ...READ,
      name: 'getPolicy',
      method: 'GET',
      path: '/policy',
      summary: 'Tells the version in force, with its source',
      data: shape.SOURCED,
      errors: ['nothing_there'],
      async run() {
        const latest = await flow.latestVersion(parts)
        if (latest === null) throw new PosternError('nothing_there', 'no policy yet')
        return { data: shape.describeSourced(latest), version: String(latest.version) }
      },
    }),
    operation({
      ...READ,
      name: 'listPolicyVersions',
      method: 'GET',
      path: '/policy/versions',
      summary: 'Lists versions, the latest first',
      query: PAGE,
      data: z.array(shape.VERSION),
      async run({ query }) {
        const { items, next } = await flow.listVersions(parts, { limit: query.limit, ...given({ after: query.after }) })
        return { data: items.map(shape.describeVersion), next }
      },
    }),
    operation({
      ...READ,
      name: 'getPolicyVersion',
      method: 'GET',
      path: '/policy/versions/{version}',
      summary: 'Tells one version, with its source',
      params: { version: VERSION },
      data: shape.SOURCED,
      errors: ['nothing_there'],
      run: async ({ params }) => ({ data: shape.describeSourced(await flow.getVersion(parts, params.version)) }),
    }),
    operation({
      ...READ,
      name: 'diffPolicyVersions',
      method: 'GET',
      path: '/policy/versions/{version}/diff',
      summary: 'Tells what changed up to a version, from the one before or another',
      params: { version: VERSION },
      query: { from: VERSION.optional().describe('The one before unless given.') },
      data: shape.DIFFERENCE,
      errors: ['nothing_there'],
      async run({ params: { version }, query: { from = version - 1 } }) {
        return { data: differenceOf(await diffVersions(parts, { from, to: version })) }
      },
    }),
  ]
}

function tryingOperations(parts: AdministrationParts): readonly Operation[] {
  return [
    operation({
      ...READ,
      name: 'tryPolicy',
      method: 'POST',
      path: '/policy/try',
      summary: 'Checks a draft, runs its tests and tells how it differs from what is in force; changes nothing',
      maxBodyBytes: MAX_BODY_BYTES,
      body: { source: SOURCE },
      data: shape.TRIED,
      async run({ body: { source } }) {
        const tried = await tryPolicy(parts, source)
        if (tried.kind === 'invalid') return { data: invalid(tried.mistakes) }
        const { inForce, counts, tests, difference } = tried
        const found = { in_force: inForce, counts, tests: [...tests], difference: differenceOf(difference) }
        return { data: { kind: 'fine' as const, ...found } }
      },
    }),
    operation({
      ...READ,
      access: 'postern.audit:read',
      name: 'replayPolicy',
      method: 'POST',
      path: '/policy/replay',
      summary: 'Judges the last decisions again under a draft: who would gain, who would lose',
      maxBodyBytes: MAX_BODY_BYTES,
      body: { source: SOURCE, last: z.number().int().min(1).max(REPLAYED.most).default(REPLAYED.usual) },
      data: shape.REPLAYED,
      async run({ body }) {
        const report = await replayPolicy(parts, body)
        return {
          data:
            'kind' in report ? invalid(report.mistakes) : { kind: 'fine' as const, ...shape.describeReplay(report) },
        }
      },
    }),
  ]
}

function changingOperations(parts: AdministrationParts): readonly Operation[] {
  return [
    operation({
      ...WRITE,
      name: 'applyPolicy',
      method: 'PUT',
      path: '/policy',
      summary: 'Puts a policy in force, or tells what is wrong with it',
      maxBodyBytes: MAX_BODY_BYTES,
      body: { source: SOURCE, reason: REASON, expected_version: EXPECTED },
      data: shape.APPLIED,
      errors: REFUSALS,
      async run({ body: { source, reason, expected_version: expected }, caller: { principal }, expect }) {
        const expectedVersion = await expectedOf(parts, expected, expect)
        const wish = { source, reason, expectedVersion }
        return { data: appliedOf(await flow.applyPolicy(parts, principal, wish)) }
      },
    }),
    operation({
      ...WRITE,
      name: 'rollBackPolicy',
      method: 'POST',
      path: '/policy/versions/{version}/roll-back',
      summary: 'Puts an earlier version in force again, as a new one',
      params: { version: VERSION },
      body: { reason: REASON, expected_version: EXPECTED },
      data: shape.APPLIED,
      errors: [...REFUSALS, 'nothing_there'],
      async run({ params, body: { reason, expected_version: expected }, caller: { principal }, expect }) {
        const expectedVersion = await expectedOf(parts, expected, expect)
        return { data: appliedOf(await flow.rollBack(parts, principal, { ...params, reason, expectedVersion })) }
      },
    }),
  ]
}

/** The version of now, unless the caller named another: it is compared again when the change is written. */
async function expectedOf(
  parts: AdministrationParts,
  named: number | undefined,
  expect: (version: string) => void,
): Promise<number> {
  const now = (await flow.latestVersion(parts))?.version ?? 0
  expect(String(now))
  return named ?? now
}

function appliedOf(applied: Awaited<ReturnType<typeof flow.applyPolicy>>): z.input<typeof shape.APPLIED> {
  return applied.kind === 'invalid' ? invalid(applied.mistakes) : { kind: applied.kind, version: applied.version }
}

function invalid(mistakes: readonly PolicyMistake[]): z.input<typeof shape.INVALID> {
  return { kind: 'invalid', mistakes: mistakes.map((mistake) => ({ ...mistake })) }
}

function differenceOf({ differences, lines }: TextDifference): z.input<typeof shape.DIFFERENCE> {
  return { differences: differences === null ? null : [...differences], lines }
}
