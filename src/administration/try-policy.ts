import { recentDecisions } from '../audit/read-decisions.ts'
import { diffSourcesAside } from '../policies/diff-aside.ts'
import type { TextDifference } from '../policies/diff-sources.ts'
import { decisionWords } from '../policies/decision-words.ts'
import type { PolicyMistake } from '../policies/policy-file.ts'
import { createReplay } from '../policies/replay.ts'
import type { ReplayReport } from '../policies/replay.ts'
import { decideTest, readTestedPolicy, testVisitorWords } from '../policies/run-tests.ts'
import type { AdministrationParts } from './parts.ts'
import { getVersion, latestVersion } from './policy.ts'

export interface TriedTest {
  readonly line: number
  /** `GET https://wiki.example.com/` */
  readonly request: string
  /** Who asks, in words. */
  readonly as: string
  readonly decision: string
}

/** What a draft would be: all that is wrong with it, or how it differs from the version in force. */
export type Tried =
  | { readonly kind: 'invalid'; readonly mistakes: readonly PolicyMistake[] }
  | {
      readonly kind: 'fine'
      /** Version in force, 0 before the first, which the draft is compared with. */
      readonly inForce: number
      readonly counts: { readonly apps: number; readonly rules: number; readonly roles: number; readonly tests: number }
      readonly tests: readonly TriedTest[]
      readonly difference: TextDifference
    }

type TryParts = Pick<AdministrationParts, 'database' | 'policies'>

/** Of the last decisions, how many are judged again unless told otherwise. */
export const REPLAYED = { usual: 10_000, most: 100_000 }

/** Checks a draft and runs its tests; nothing is changed. A large one is read in a thread of its own. */
export async function tryPolicy(parts: Pick<TryParts, 'database'>, source: string): Promise<Tried> {
  const tested = await readTestedPolicy(source)
  if (Array.isArray(tested)) return { kind: 'invalid', mistakes: tested }
  const { policy, compiled } = tested
  const latest = await latestVersion(parts)
  const rules = policy.apps.reduce((count, app) => count + app.rules.length, 0)
  return {
    kind: 'fine',
    inForce: latest?.version ?? 0,
    counts: { apps: policy.apps.length, rules, roles: policy.roles.size, tests: policy.tests.length },
    tests: policy.tests.map((test) => ({
      line: test.line,
      request: `${test.method} ${test.url}`,
      as: testVisitorWords(test),
      decision: decisionWords(decideTest(compiled, test)),
    })),
    difference: await diffSourcesAside(
      { name: latest === null ? 'no version' : `version ${latest.version}`, text: latest?.source ?? '' },
      { name: 'draft', text: source },
    ),
  }
}

/** What changed from one version to another. @throws PosternError `nothing_there` */
export async function diffVersions(
  parts: Pick<TryParts, 'database'>,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<TextDifference> {
  const [one, other] = [await getVersion(parts, from), await getVersion(parts, to)]
  return diffSourcesAside({ name: `version ${from}`, text: one.source }, { name: `version ${to}`, text: other.source })
}

/** What a draft would have made of the last decisions: who would gain and who would lose. */
export async function replayPolicy(
  { database, policies }: TryParts,
  { source, last = REPLAYED.usual }: { readonly source: string; readonly last?: number },
): Promise<ReplayReport | Extract<Tried, { kind: 'invalid' }>> {
  await policies.refresh()
  const tested = await readTestedPolicy(source)
  if (Array.isArray(tested)) return { kind: 'invalid', mistakes: tested }
  const replay = createReplay(policies.current(), tested.compiled)
  for await (const decision of recentDecisions(database, Math.min(last, REPLAYED.most))) replay.add(decision)
  return replay.report()
}
