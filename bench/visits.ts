import { OperatorError } from '../src/errors.ts'
import { createVisitor } from '../test/support/http.ts'
import type { Reply, Visitor } from '../test/support/http.ts'
import { HOSTS, LOGIN } from './cases.ts'
import type { Case } from './cases.ts'
import type { Environment } from './environment.ts'
import { asTestContext } from './place.ts'

/** Cookie headers that the cases send; that of another gateway is null where it gets none. */
export type Cookies = Readonly<Record<'signed_in' | 'forged' | 'many', string>> & { readonly of_other: string | null }

const LOGIN_URL = `https://${HOSTS.postern}/.postern/api/v2/auth/login`
const TAG_PLACE = -3

/** Signs in from a browser of its own over a new connection. @returns the Cookie header of whoever is signed in */
export async function signIn(environment: Environment, opened: AsyncDisposableStack): Promise<string> {
  const visitor = visitorOf(HOSTS.postern, environment, opened)
  const reply = await post(visitor, { username: LOGIN, password: environment.place.password })
  if (reply.status !== 200) throw new OperatorError(`Signing in gave ${reply.status} instead of 200: ${reply.text}`)
  return visitor.jar.header(new URL(LOGIN_URL))
}

/** The same cookie as if somebody without the key had made it: every character in its place, the HMAC wrong. */
export function forge(cookie: string): string {
  const at = cookie.length + TAG_PLACE
  return cookie.slice(0, at) + (cookie[at] === 'A' ? 'B' : 'A') + cookie.slice(at + 1)
}

/** What is sent for each request of a case, but for its host. */
export function headersOf(asked: Pick<Case, 'cookie' | 'headers'>, cookies: Cookies): Readonly<Record<string, string>> {
  const cookie = asked.cookie === null ? null : cookies[asked.cookie]
  return { Accept: 'application/json', ...asked.headers, ...(cookie !== null && { Cookie: cookie }) }
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

function post(visitor: Visitor, credentials: object): Promise<Reply> {
  const body = JSON.stringify(credentials)
  return visitor.visit(LOGIN_URL, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}
