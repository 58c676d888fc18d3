import * as administration from '../administration/policy.ts'
import type { Config } from '../config/settings.ts'
import { OperatorError } from '../errors.ts'
import type { Applied } from '../policies/apply.ts'
import { decisionWords } from '../policies/decision-words.ts'
import { FIND_LATEST_POLICY, FIND_POLICY, LIST_POLICIES } from '../policies/policies-table.ts'
import type { PolicyRow } from '../policies/policies-table.ts'
import { describeMistakes } from '../policies/policy-file.ts'
import type { PolicyMistake } from '../policies/policy-file.ts'
import { policyJsonSchema } from '../policies/policy-json-schema.ts'
import { decideTest, readTestedPolicy, testVisitorWords } from '../policies/run-tests.ts'
import type { Queryable } from '../store/database.ts'
import { counted, done, optionalText, orSay, table, textOf } from './command.ts'
import type { Arguments, Command, CommandResult } from './command.ts'

/** What there is to do before the first version. */
export const NO_POLICY = 'There is no policy yet. Apply one: postern policy apply policy.yaml'

const MAX_LISTED = 200

/** Says whether a file could be applied, its tests included. Needs no database. */
export async function checkPolicy(given: Arguments): Promise<CommandResult> {
  const file = textOf(given, 'file')
  const tested = await readTestedPolicy(textOf(given, 'source'))
  if (Array.isArray(tested)) return refused(file, tested, { valid: false })
  const { apps, roles, tests } = tested.policy
  const rules = apps.reduce((count, app) => count + app.rules.length, 0)
  const counts = { apps: apps.length, rules, roles: roles.size, tests: tests.length }
  const words = Object.entries(counts).map(([noun, count]) => counted(count, noun.slice(0, -1)))
  return done(`${file} is fine: ${words.join(', ')}.`, { valid: true, ...counts })
}

/** Runs the tests of a file and tells of each. Needs no database. */
export async function testPolicy(given: Arguments): Promise<CommandResult> {
  const file = textOf(given, 'file')
  const tested = await readTestedPolicy(textOf(given, 'source'))
  if (Array.isArray(tested)) return refused(file, tested, { passed: false })
  const { policy, compiled } = tested
  if (policy.tests.length === 0) {
    return done(`${file} has no tests. Add some under "tests": docs/policy.md says how.`, { passed: true, tests: [] })
  }
  const tests = policy.tests.map((test) => {
    const decision = decisionWords(decideTest(compiled, test))
    return { line: test.line, request: `${test.method} ${test.url}`, as: testVisitorWords(test), decision }
  })
  const lines = tests.map(({ line, request, as, decision }) => `ok  line ${line}: ${request} as ${as}: ${decision}`)
  return done([...lines, `${counted(tests.length, 'test')} passed.`].join('\n'), { passed: true, tests })
}

export const applyPolicyFile: Command = async (context, given) => {
  refuseFileOwned(context.config)
  const file = textOf(given, 'file')
  const reason = optionalText(given, 'reason') ?? file
  const expectedVersion = expectedOf(given)
  const change = { source: textOf(given, 'source'), reason, ...(expectedVersion !== null && { expectedVersion }) }
  return tellApplied(file, await administration.applyPolicy(context, null, change))
}

export const rollBack: Command = async (context, given) => {
  refuseFileOwned(context.config)
  const version = versionOf(textOf(given, 'version'))
  const reason = optionalText(given, 'reason') ?? `back to version ${version}`
  const rollingBack = administration.rollBack(context, null, { version, reason })
  return tellApplied(`version ${version}`, await orSay(unknownVersion(version).message, rollingBack))
}

export const exportPolicy: Command = async ({ database }, given) => {
  const version = optionalText(given, 'version')
  const row = version === undefined ? await getLatest(database) : await getVersion(database, versionOf(version))
  const { source, applied_by: appliedBy, applied_at: appliedAt, reason } = row
  return done(source.trimEnd(), { version: row.version, source, applied_by: appliedBy, applied_at: appliedAt, reason })
}

export const listVersions: Command = async ({ database }) => {
  const rows = await database.query(LIST_POLICIES, MAX_LISTED)
  const text = table(
    ['VERSION', 'WHEN', 'WHO', 'WHY'],
    rows.map((row) => [String(row.version), row.applied_at.toISOString(), row.applied_by, row.reason]),
  )
  return done(rows.length === 0 ? NO_POLICY : `${text}\nVersion ${rows[0]?.version} is in force.`, rows)
}

/** The JSON Schema by which editors complete and check a policy file. Needs no database. */
export function policySchema(): CommandResult {
  const schema = policyJsonSchema()
  return done(JSON.stringify(schema, null, 2), schema)
}

/** @throws OperatorError when no policy was ever applied */
export async function getLatest(database: Queryable): Promise<PolicyRow> {
  const [latest] = await database.query(FIND_LATEST_POLICY)
  if (latest === undefined) throw new OperatorError(NO_POLICY)
  return latest
}

/** @throws OperatorError when there is no such version */
export async function getVersion(database: Queryable, version: number): Promise<PolicyRow> {
  const [row] = await database.query(FIND_POLICY, version)
  if (row === undefined) throw unknownVersion(version)
  return row
}

/** The number of a version as somebody wrote it. @throws OperatorError for anything else */
export function versionOf(text: string): number {
  const version = Number(text)
  if (/^[1-9]\d{0,8}$/.test(text)) return version
  throw new OperatorError(`${text} is no version. List them: postern policy versions`, 2)
}

/** What a file that can't be applied has wrong, as a result that failed. */
export function refused(file: string, mistakes: readonly PolicyMistake[], data: object): CommandResult {
  return { exitCode: 1, text: describeMistakes(file, mistakes), data: { ...data, mistakes } }
}

function unknownVersion(version: number): OperatorError {
  return new OperatorError(`There is no version ${version}. List them: postern policy versions`)
}

/** `--expect` refuses where another version is in force. */
function expectedOf(given: Arguments): number | null {
  const expected = optionalText(given, 'expect')
  return expected === undefined ? null : expected === '0' ? 0 : versionOf(expected)
}

function refuseFileOwned({ policyFile }: Config): void {
  if (policyFile === null) return
  throw new OperatorError(
    `The policy is kept in ${policyFile} (POSTERN_POLICY_FILE). Change that file; it is applied by itself.`,
  )
}

function tellApplied(what: string, applied: Applied): CommandResult {
  if (applied.kind === 'invalid') {
    const { text, ...result } = refused(what, applied.mistakes, { applied: false })
    return { ...result, text: `${text}\nNothing was changed.` }
  }
  const { kind, version } = applied
  const text =
    kind === 'unchanged' ? `That is version ${version}, which is in force already.` : `Applied as version ${version}.`
  return done(text, { applied: kind === 'applied', version })
}
