import type { Against } from './against.ts'
import type { Amounts, Suite } from './arguments.ts'
import { describeMachine, loadAverage } from './machine.ts'
import type { PlaceOptions } from './place.ts'
import { measurePages } from './pages.ts'
import { measurePolicies } from './policies.ts'
import type { Report } from './report.ts'
import { measureScale } from './scale/suite.ts'
import { measureSessions } from './sessions/suite.ts'
import { measureVerify } from './verify.ts'

export type BenchOptions = Omit<PlaceOptions, 'opened'> &
  Amounts & { readonly suites: readonly Suite[]; readonly against: Against | null }

/** Runs suites one after the other; each starts what it needs, and stops it whatever happens. */
export async function runBench(options: BenchOptions): Promise<Report> {
  const before = loadAverage()
  const run = async <T>(
    suite: Suite,
    measure: (given: BenchOptions & PlaceOptions) => Promise<T>,
  ): Promise<T | null> => {
    if (!options.suites.includes(suite)) return null
    await using opened = new AsyncDisposableStack()
    return await measure({ ...options, opened })
  }
  const verify = await run('verify', measureVerify)
  const policies = await run('policies', measurePolicies)
  const sessions = await run('sessions', measureSessions)
  const pages = await run('pages', measurePages)
  const scale = await run('scale', measureScale)
  return {
    machine: describeMachine(),
    load_average: { before, after: loadAverage() },
    verify,
    policies,
    sessions,
    pages,
    scale,
  }
}
