import { CASES } from './cases.ts'
import { openEnvironment } from './environment.ts'
import { measureCases } from './measure.ts'
import type { MeasureOptions, Row } from './measure.ts'
import type { PlaceOptions } from './place.ts'
import { measureSignIns } from './sign-in.ts'
import type { SignInRow } from './sign-in.ts'
import { measureStatements } from './statements.ts'
import type { StatementRow } from './statements.ts'
import { checkCase, forge, signIn } from './visits.ts'

/** What a verify costs behind nginx, and what people and the database need for signing in. */
export interface VerifyReport {
  readonly rows: readonly Row[]
  readonly sign_in: readonly SignInRow[]
  readonly statements: readonly StatementRow[]
}

/** Checks each case with one request, then measures. */
export async function measureVerify(options: Omit<MeasureOptions, 'cookies'> & PlaceOptions): Promise<VerifyReport> {
  const { opened, signal, progress } = options
  const environment = await openEnvironment(options)
  const cookie = await signIn(environment, opened)
  const cookies = { signed_in: cookie, forged: forge(cookie) }
  for (const each of CASES) await checkCase(environment, each, { cookies, opened })
  const rows = await measureCases(environment, CASES, { ...options, cookies })
  progress('measuring sign-ins and statements')
  const signIns = await measureSignIns(environment, signal)
  const statements = await measureStatements(environment.databaseUrl, signal)
  return { rows, sign_in: signIns, statements }
}
