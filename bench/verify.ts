import { requireRunning, requireStatus } from './against.ts'
import type { Against } from './against.ts'
import { CASES, caseOfOther, DIRECT_CASES, OTHER_CASE, PAGE } from './cases.ts'
import type { Case } from './cases.ts'
import { measureDirect, questionFor } from './direct.ts'
import type { DirectCase, DirectRow } from './direct.ts'
import { openEnvironment } from './environment.ts'
import type { Environment } from './environment.ts'
import { measureFairness } from './fairness.ts'
import { verifyGoals } from './goals.ts'
import { openManySessions } from './many-sessions.ts'
import { measureCases } from './measure.ts'
import type { MeasureOptions, Row } from './measure.ts'
import type { PlaceOptions } from './place.ts'
import { RECORDED_HOSTS } from './recorder.ts'
import { measureRecording, recordingFindings } from './recording.ts'
import type { Finding } from './sessions/finding.ts'
import { measureSignIns } from './sign-in.ts'
import type { SignInRow } from './sign-in.ts'
import { measureStatements } from './statements.ts'
import type { StatementRow } from './statements.ts'
import { checkCase, forge, headersOf, makeToken, recordQuestion, signIn } from './visits.ts'
import type { Cookies } from './visits.ts'
import { TOKEN_PLACE } from './wrk.ts'

/** What a verify costs behind nginx and asked directly, and what people and the database need for signing in. */
export interface VerifyReport {
  readonly rows: readonly Row[]
  readonly direct: readonly DirectRow[]
  readonly goals: readonly Finding[]
  readonly fairness: readonly Finding[]
  readonly sign_in: readonly SignInRow[]
  readonly statements: readonly StatementRow[]
}

export type VerifyOptions = Omit<MeasureOptions, 'cookies' | 'sessions'> &
  PlaceOptions & { readonly against: Against | null }

/** Checks each case with one request, then measures. */
export async function measureVerify(options: VerifyOptions): Promise<VerifyReport> {
  const { opened, signal, progress, against } = options
  if (against !== null) await requireRunning(against)
  const cases = against === null ? CASES : [...CASES, caseOfOther(against.status)]
  const names = new Set([...cases, ...DIRECT_CASES].map(({ gateway }) => gateway))
  const environment = await openEnvironment({ ...options, names })
  const cookies = await cookiesOf(environment, options)
  const direct = await directCases(environment, cookies, options)
  const other = direct.find(({ name }) => name === OTHER_CASE)
  if (against !== null && other !== undefined) await requireStatus(against, other.question)
  progress('signing many people in')
  const sessions = await openManySessions(environment.place, environment.gateways)
  const [firstToken = ''] = sessions.tokens
  const checkCookies = { ...cookies, many: cookies.many.replace(TOKEN_PLACE, firstToken) }
  for (const each of cases) await checkCase(environment, each, { cookies: checkCookies, opened })
  const rows = await measureCases(environment, cases, { ...options, cookies, sessions })
  const directRows = await measureDirect(direct, options)
  const busy = direct.find(({ name }) => name === 'postern, unix')
  const fairness = busy === undefined ? [] : await measureFairness(busy, options)
  progress('measuring sign-ins and statements')
  const signIns = await measureSignIns(environment, signal)
  const statements = await measureStatements(environment.place.databaseUrl, signal)
  progress('measuring what recording adds')
  const goals = [...verifyGoals(rows, directRows), ...recordingFindings(await measureRecording(), directRows)]
  return { rows, direct: directRows, goals, fairness, sign_in: signIns, statements }
}

async function cookiesOf(environment: Environment, { opened, against }: VerifyOptions): Promise<Cookies> {
  const cookie = await signIn(environment, opened)
  const many = `${cookie.slice(0, cookie.indexOf('=') + 1)}${TOKEN_PLACE}`
  const token = await makeToken(environment, cookie, opened)
  return { signed_in: cookie, forged: forge(cookie), many, api_token: token, of_other: against?.cookie ?? null }
}

/** The questions are those of a nginx that was asked for the page of the cases behind it. */
async function directCases(
  environment: Environment,
  cookies: Cookies,
  { opened, against }: VerifyOptions,
): Promise<DirectCase[]> {
  const record = (host: string, cookie: Case['cookie']): Promise<string> =>
    recordQuestion(environment, { host, path: PAGE, headers: headersOf({ cookie }, cookies) }, opened)
  const recorded = await record(RECORDED_HOSTS.own, 'signed_in')
  const own = DIRECT_CASES.flatMap(({ name, gateway: asked, status }) => {
    const gateway = environment.gateways.get(asked)
    return gateway === undefined ? [] : [{ name, gateway, question: questionFor(asked, recorded), status }]
  })
  const gateway = environment.gateways.get('against')
  if (against === null || gateway === undefined) return own
  const question = questionFor('against', await record(RECORDED_HOSTS.other, 'of_other'))
  return [...own, { name: OTHER_CASE, gateway, question, status: against.status }]
}
