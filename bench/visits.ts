import { OperatorError } from '../src/errors.ts'
import { createVisitor } from '../test/support/http.ts'
import type { Reply, Visitor } from '../test/support/http.ts'
import { HOSTS, LOGIN } from './cases.ts'
import type { Case } from './cases.ts'
import type { Environment } from './environment.ts'
import { asTestContext } from './place.ts'

/** Cookie headers that the cases send. */
export type Cookies = Readonly<Record<'signed_in' | 'forged', string>>

const LOGIN_URL = `https://${HOSTS.postern}/.postern/api/v2/auth/login`
const TAG_PLACE = -3

/** Signs in from a browser of its own over a new connection. @returns the Cookie header of whoever is signed in */
export async function signIn(environment: Environment, opened: AsyncDisposableStack): Promise<string> {
  const visitor = createVisitor(asTestContext(opened), { hosts: { [HOSTS.postern]: environment.httpsPort } })
  const reply = await post(visitor, { username: LOGIN, password: environment.password })
  if (reply.status !== 200) throw new OperatorError(`Signing in gave ${reply.status} instead of 200: ${reply.text}`)
  return visitor.jar.header(new URL(LOGIN_URL))
}

/** The same cookie as if somebody without the key had made it: every character in its place, the HMAC wrong. */
export function forge(cookie: string): string {
  const at = cookie.length + TAG_PLACE
  return cookie.slice(0, at) + (cookie[at] === 'A' ? 'B' : 'A') + cookie.slice(at + 1)
}

/** What is sent for each request of a case. */
export function headersOf({ gateway, cookie }: Case, cookies: Cookies): Readonly<Record<string, string>> {
  const plain = { Host: HOSTS[gateway], Accept: 'application/json' }
  return cookie === null ? plain : { ...plain, Cookie: cookies[cookie] }
}

/** @throws OperatorError when one request of a case gets another answer than the case is about */
export async function checkCase(
  environment: Environment,
  checked: Case,
  { cookies, opened }: { cookies: Cookies; opened: AsyncDisposableStack },
): Promise<void> {
  const host = HOSTS[checked.gateway]
  const visitor = createVisitor(asTestContext(opened), { hosts: { [host]: environment.httpsPort } })
  const { Host: _, ...headers } = headersOf(checked, cookies)
  const { status, text } = await visitor.visit(`https://${host}${checked.path}`, { headers })
  const user = status === 200 ? text : null
  if (status === checked.status && user === checked.user) return
  const [got, expected] = [describe(status, user), describe(checked.status, checked.user)]
  throw new OperatorError(`The case "${checked.name}" measures something else: ${got} instead of ${expected}.`)
}

function describe(status: number, user: string | null): string {
  return user === null ? String(status) : `${status} with the app told of "${user}"`
}

function post(visitor: Visitor, credentials: object): Promise<Reply> {
  const body = JSON.stringify(credentials)
  return visitor.visit(LOGIN_URL, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}
