import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CompiledPolicy } from './compile.ts'
import { compilePolicyInSlices } from './compile.ts'
import type { Decision } from './decision.ts'
import { decisionWords } from './decision-words.ts'
import { decide, judge } from './evaluate.ts'
import { readPolicyFile } from './policy-file.ts'
import type { PolicyMistake } from './policy-file.ts'
import type { Policy, PolicyTest } from './policy.ts'
import { readPolicyAside } from './read-aside.ts'
import { readWrittenRequest, visitorAs } from './run-tests-request.ts'
import { MAX_MISTAKES, readYaml } from './yaml-document.ts'
import type { DocumentPath } from './yaml-document.ts'

/** A policy whose tests all came out as expected, ready for judging. */
export interface TestedPolicy {
  readonly policy: Policy
  readonly compiled: CompiledPolicy
}

/** Puts a mistake where it is in the file. */
export type MistakeAt = (path: DocumentPath, message: string) => PolicyMistake

/** Tests are as timeless as the policy: factors were given just now, whenever that is. */
const NOW_MS = 0
/** Characters that take about as long to read as a thread takes to start, some 50 ms. */
const LARGE = 65_536

/**
 * Reads a policy file and runs its tests: the one gate before a policy is put in force, by whatever way.
 * @returns all that is wrong with the file or, where it can be read, every test that fails
 */
export async function readTestedPolicy(source: string): Promise<TestedPolicy | PolicyMistake[]> {
  const policy = await readPolicy(source)
  if (Array.isArray(policy)) return policy
  const compiled = await compilePolicyInSlices(policy, () => nextTurn())
  const failures = runPolicyTests(compiled, policy.tests, mistakesIn(source))
  return failures.length > 0 ? failures : { policy, compiled }
}

/** Reads a policy file without holding anybody up: a large one in a thread of its own. */
async function readPolicy(source: string): Promise<Policy | PolicyMistake[]> {
  return source.length > LARGE ? readPolicyAside(source) : readPolicyFile(source)
}

/** Runs tests through the very functions that decide; a mistake for each that comes out otherwise. */
function runPolicyTests(policy: CompiledPolicy, tests: readonly PolicyTest[], mistakeAt: MistakeAt): PolicyMistake[] {
  const failures: PolicyMistake[] = []
  for (const [index, test] of tests.entries()) {
    const decision = decideTest(policy, test)
    if (decision.kind === test.expect || failures.length >= MAX_MISTAKES) continue
    failures.push(mistakeAt(['tests', index], failureWords(test, decision)))
  }
  return failures
}

/** What a policy makes of the visitor and request of a test. */
export function decideTest(policy: CompiledPolicy, test: PolicyTest): Decision {
  const original = readWrittenRequest(policy, test)
  if ('kind' in original) return original
  const principal = test.as === null ? null : visitorAs(test.as, NOW_MS)
  return decide(judge(policy, original), principal, NOW_MS)
}

/** Who asks in a test, for people. */
export function testVisitorWords({ as }: PolicyTest): string {
  if (as === null) return 'nobody'
  const roles = as.roles.length === 0 ? 'without roles' : `of role ${as.roles.join(', ')}`
  return `${as.login} ${roles}${as.factors === 2 ? ' with 2 factors' : ''}`
}

function failureWords(test: PolicyTest, decision: Decision): string {
  const asked = `${test.method} ${test.url} as ${testVisitorWords(test)}`
  return `The test of ${asked} expects ${test.expect} and gets ${decisionWords(decision)}.`
}

/** The document is parsed again only once something is to be placed in it. */
function mistakesIn(source: string): MistakeAt {
  const parsed: { document?: ReturnType<typeof readYaml> } = {}
  return (path, message) => {
    const document = (parsed.document ??= readYaml(source))
    if (Array.isArray(document)) throw new Error('a policy that was read is no longer readable')
    return document.mistakeAt(path, message)
  }
}
