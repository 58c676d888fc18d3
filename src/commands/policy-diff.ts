import { readFile } from 'node:fs/promises'
import { recentDecisions } from '../audit/read-decisions.ts'
import { OperatorError } from '../errors.ts'
import { diffLines } from '../policies/diff-lines.ts'
import type { NamedText } from '../policies/diff-lines.ts'
import { diffPolicies } from '../policies/diff.ts'
import type { PolicyDifference } from '../policies/diff.ts'
import { FIND_POLICY_BEFORE } from '../policies/policies-table.ts'
import { readPolicyFile } from '../policies/policy-file.ts'
import { createReplay } from '../policies/replay.ts'
import type { ReplayGroup, ReplayReport } from '../policies/replay.ts'
import { readTestedPolicy } from '../policies/run-tests.ts'
import type { Queryable } from '../store/database.ts'
import { counted, done, optionalText, textOf } from './command.ts'
import type { Arguments, Command, CommandContext } from './command.ts'
import { getLatest, getVersion, NO_POLICY, refused, versionOf } from './policy.ts'

/** A file in the place of a version, as the command line reads it. */
interface GivenFile {
  readonly file: string
  readonly source: string
}

const DEFAULT_REPLAYED = 10_000
const MAX_REPLAYED = 100_000

/** What changed between two versions, or the one in force and a file. */
export const diffPolicy: Command = async (context, given) => {
  const [from, to] = await chooseSides(context, given)
  const differences = summarise(from.text, to.text)
  const lines = diffLines(from, to)
  const data = { from: from.name, to: to.name, differences, lines }
  if (lines === '') return done(`${from.name} and ${to.name} are the same.`, data)
  const shown = lines ?? 'Nearly every line differs, so the lines are not shown.'
  return done(`${summaryText(differences)}\n\n${shown.trimEnd()}`, data)
}

/** What a draft would have made of the last decisions. */
export const replayPolicy: Command = async ({ database, policies }, given) => {
  await policies.refresh()
  if (policies.version === 0) throw new OperatorError(NO_POLICY)
  const inForce = policies.version
  const draft = await sideOf(database, given['draft'])
  const tested = await readTestedPolicy(draft.text)
  if (Array.isArray(tested)) return refused(draft.name, tested, { replayed: 0 })
  const replay = createReplay(policies.current(), tested.compiled)
  for await (const decision of recentDecisions(database, lastOf(given))) replay.add(decision)
  const report = replay.report()
  return done(replayText(report, `version ${inForce}`, draft.name), { in_force: inForce, draft: draft.name, ...report })
}

/** The version in force against the policy file or, where there is none, the version before it; or what is named. */
async function chooseSides(
  { database, config }: CommandContext,
  given: Arguments,
): Promise<readonly [NamedText, NamedText]> {
  const latest = await getLatest(database)
  const inForce = { name: `version ${latest.version}`, text: latest.source }
  if (given['from'] !== undefined) {
    const from = await sideOf(database, given['from'])
    if (given['to'] !== undefined) return [from, await sideOf(database, given['to'])]
    return isFile(given['from']) ? [inForce, from] : [from, inForce]
  }
  if (config.policyFile !== null) return [inForce, { name: config.policyFile, text: await read(config.policyFile) }]
  const [before] = await database.query(FIND_POLICY_BEFORE, latest.version)
  if (before === undefined) throw new OperatorError(`There is one version only, ${latest.version}. Name a file.`)
  return [{ name: `version ${before.version}`, text: before.source }, inForce]
}

async function sideOf(database: Queryable, side: unknown): Promise<NamedText> {
  if (isFile(side)) return { name: side.file, text: side.source }
  const row = await getVersion(database, versionOf(textOf({ side }, 'side')))
  return { name: `version ${row.version}`, text: row.source }
}

function isFile(side: unknown): side is GivenFile {
  return typeof side === 'object' && side !== null && 'file' in side && 'source' in side
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new OperatorError(`${file} can't be read. Check the path.`, 1, { cause: error })
  }
}

/** Null where one side is no policy at all. */
function summarise(from: string, to: string): PolicyDifference[] | null {
  const [before, after] = [readPolicyFile(from), readPolicyFile(to)]
  return Array.isArray(before) || Array.isArray(after) ? null : diffPolicies(before, after)
}

function summaryText(differences: readonly PolicyDifference[] | null): string {
  if (differences === null) return 'One of the two has mistakes, so only lines are compared: see postern policy check.'
  if (differences.length === 0) return 'Nothing changed in meaning: comments, order of keys or layout alone.'
  const lines = differences.map(({ change, what, app, text }) => {
    const where = app === null || what === 'app' ? '' : ` of app ${app}`
    return `${change} ${what}${where}: ${text}`
  })
  return lines.join('\n')
}

function lastOf(given: Arguments): number {
  const last = optionalText(given, 'last')
  if (last === undefined) return DEFAULT_REPLAYED
  const count = Number(last)
  if (Number.isInteger(count) && count > 0 && count <= MAX_REPLAYED) return count
  throw new OperatorError(`--last takes a number from 1 to ${MAX_REPLAYED}.`, 2)
}

function replayText(report: ReplayReport, inForce: string, draft: string): string {
  const { replayed, differing, groups, oldest, newest, ungrouped } = report
  if (replayed === 0) return 'There are no decisions to replay yet: they are written down while the server runs.'
  const span = `from ${oldest?.toISOString()} to ${newest?.toISOString()}`
  const head = `Replayed ${counted(replayed, 'decision')}, ${span}: ${inForce} against ${draft}.`
  const found =
    differing === 0
      ? 'All of them come out the same.'
      : `${differing} of them (${((100 * differing) / replayed).toFixed(1)} %) would come out differently:`
  const more = ungrouped === 0 ? [] : [`${ungrouped} more differ in other ways.`]
  return [head, found, ...groups.map(groupText), ...more, '', notKnown(report)].join('\n')
}

function groupText({ app, from, to, fromLine, toLine, count, examples }: ReplayGroup): string {
  const at = (line: number | null): string => (line === null ? 'no rule' : `line ${line}`)
  const head = `\n${count}x app ${app ?? '(none)'}: ${from} (${at(fromLine)}) -> ${to} (${at(toLine)})`
  return [head, ...examples.map((example) => `    ${example}`)].join('\n')
}

/** What nobody wrote down, so that nobody takes the figures for more than they are. */
function notKnown({ skipped, withoutVisitor }: ReplayReport): string {
  const sentences = [
    'Not known: queries and headers are not kept, so rules with "query" were judged without one.',
    'Decisions that let somebody pass or ask for a sign-in are a sample: counts are of it, not of all requests.',
    'Roles and factors are those of then.',
  ]
  if (withoutVisitor > 0)
    sentences.push(`${withoutVisitor} had no visitor, or nobody had asked who it is: those were judged for nobody.`)
  if (skipped > 0)
    sentences.push(`${counted(skipped, 'more decision')} could not be replayed: too little is kept of them.`)
  return sentences.join('\n')
}
