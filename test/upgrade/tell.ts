import type { TestContext } from 'node:test'
import type { Counts } from './load.ts'

/** What came of the load in between, which is printed as well. */
export function tellCounts(t: TestContext, before: Counts, after: Counts): Pick<Counts, 'failures' | 'wrong'> {
  const [failures, wrong] = [after.failures.slice(before.failures.length), after.wrong.slice(before.wrong.length)]
  const made = after.requests - before.requests
  const signIns = `${after.signIns - before.signIns} sign-ins, ${after.signOuts - before.signOuts} sign-outs`
  t.diagnostic(`${made} requests, ${signIns}: ${failures.length} failures, ${wrong.length} wrong answers`)
  for (const each of [...failures, ...wrong]) t.diagnostic(each)
  return { failures, wrong }
}
