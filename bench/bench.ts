import { CASES } from './cases.ts'
import { openEnvironment } from './environment.ts'
import { describeMachine } from './machine.ts'
import { measureCases } from './measure.ts'
import type { MeasureOptions } from './measure.ts'
import type { Report } from './report.ts'
import { measureSignIns } from './sign-in.ts'
import { measureStatements } from './statements.ts'
import { checkCase, forge, signIn } from './visits.ts'

/** Starts everything, checks each case with one request, measures, and stops everything whatever happens. */
export async function runBench(options: Omit<MeasureOptions, 'cookies'>): Promise<Report> {
  const { signal, progress } = options
  await using opened = new AsyncDisposableStack()
  const environment = await openEnvironment({ opened, signal, progress })
  const cookie = await signIn(environment, opened)
  const cookies = { signed_in: cookie, forged: forge(cookie) }
  for (const each of CASES) await checkCase(environment, each, { cookies, opened })
  const rows = await measureCases(environment, CASES, { ...options, cookies })
  progress('measuring sign-ins and statements')
  const signIns = await measureSignIns(environment, signal)
  const statements = await measureStatements(environment.databaseUrl, signal)
  return { machine: describeMachine(), rows, sign_in: signIns, statements }
}
