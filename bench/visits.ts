import { OperatorError } from '../src/errors.ts'
import { cookieNames } from '../src/web/cookies.ts'
import { createVisitor } from '../test/support/http.ts'
import type { Reply, Visitor } from '../test/support/http.ts'
import { HOSTS, LOGIN } from './cases.ts'
import type { Case } from './cases.ts'
import type { Environment } from './environment.ts'
import { asTestContext } from './place.ts'

/** Cookie headers that the cases send, and what they send as Authorization; null where another gateway gets none. */
export type Cookies = Readonly<Record<'signed_in' | 'forged' | 'many' | 'api_token', string>> & {
  readonly of_other: string | null
}

const TOKENS_URL = `https://${HOSTS.postern}/.postern/api/v2/tokens`
const LOGIN_URL = `https://${HOSTS.postern}/.postern/api/v2/auth/login`
const TAG_PLACE = -3

/** Signs in from a browser of its own over a new connection. @returns the Cookie header of whoever is signed in */
export async function signIn(environment: Environment, opened: AsyncDisposableStack): Promise<string> {
  const visitor = visitorOf(HOSTS.postern, environment, opened)
  const reply = await post(visitor, LOGIN_URL, { username: LOGIN, password: environment.place.password })
  if (reply.status !== 200) throw new OperatorError(`Signing in gave ${reply.status} instead of 200: ${reply.text}`)
  // The browser was given one by which it is known again as well.
  const cookies = visitor.jar.header(new URL(LOGIN_URL)).split('; ')
  const cookie = cookies.find((pair) => pair.startsWith(`${cookieNames(true).portal}=`))
  if (cookie === undefined) throw new OperatorError('Signing in gave no session cookie.')
  return cookie
}

/** Makes a token of the person whose cookie it is. @returns the Authorization header */
export async function makeToken(
  environment: Environment,
  cookie: string,
  opened: AsyncDisposableStack,
): Promise<string> {
  const reply = await post(visitorOf(HOSTS.postern, environment, opened), TOKENS_URL, { name: 'bench' }, { cookie })
  if (reply.status !== 201) throw new OperatorError(`Making a token gave ${reply.status} instead of 201: ${reply.text}`)
  return `Bearer ${(JSON.parse(reply.text) as { data: { token: string } }).data.token}`
}

/** The same cookie as if somebody without the key had made it: every character in its place, the HMAC wrong. */
export function forge(cookie: string): string {
  const at = cookie.length + TAG_PLACE
  return cookie.slice(0, at) + (cookie[at] === 'A' ? 'B' : 'A') + cookie.slice(at + 1)
}

/** What is sent for each request of a case, but for its host. */
export function headersOf(
  asked: Pick<Case, 'cookie' | 'authorization' | 'headers'>,
  cookies: Cookies,
): Readonly<Record<string, string>> {
  const cookie = asked.cookie === null ? null : cookies[asked.cookie]
  return {
    Accept: 'application/json',
    ...asked.headers,
    ...(cookie !== null && { Cookie: cookie }),
    ...(asked.authorization !== undefined && { Authorization: cookies[asked.authorization] }),
  }
}

/** @throws OperatorError when one request of a case gets another answer than the case is about */
export async function checkCase(
  environment: Environment,
  checked: Case,
  { cookies, opened }: { cookies: Cookies; opened: AsyncDisposableStack },
): Promise<void> {
  const host = HOSTS[checked.gateway]
  const visitor = visitorOf(host, environment, opened)
  const { status, text } = await visitor.visit(`https://${host}${checked.path}`, {
    headers: headersOf(checked, cookies),
  })
  const user = status === 200 ? text : null
  if (status === checked.status && (checked.user?.test(user ?? '') ?? user === null)) return
  const got = user === null ? String(status) : `${status} with the app told of "${user}"`
  const wanted = checked.user === null ? '' : ` with the app told of ${checked.user}`
  const sentence = `The case "${checked.name}" measures something else: ${got} instead of ${checked.status}${wanted}.`
  throw new OperatorError(sentence)
}

/**
 * What nginx asks a gateway about a page, byte for byte.
 * @param host one whose gateway is the recorder
 */
export function recordQuestion(
  environment: Environment,
  { host, path, headers }: { host: string; path: string; headers: Readonly<Record<string, string>> },
  opened: AsyncDisposableStack,
): Promise<string> {
  const visitor = visitorOf(host, environment, opened)
  return environment.recorder.record(() => visitor.visit(`https://${host}${path}`, { headers }))
}

function visitorOf(host: string, { httpsPort }: Environment, opened: AsyncDisposableStack): Visitor {
  return createVisitor(asTestContext(opened), { hosts: { [host]: httpsPort } })
}

function post(visitor: Visitor, url: string, content: object, more: Record<string, string> = {}): Promise<Reply> {
  const body = JSON.stringify(content)
  return visitor.visit(url, { method: 'POST', headers: { 'content-type': 'application/json', ...more }, body })
}
