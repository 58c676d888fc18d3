import { grantToken } from '../../src/tokens/tokens.ts'
import type { OwnPermission } from '../../src/lib/permissions.ts'
import { getUser } from '../../src/users/users.ts'
import { createBrowser } from '../login/browser.ts'
import type { Page, Sent } from '../login/browser.ts'
import type { TestApp } from '../support/app.ts'

export const API = '/.postern/api/v2'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Answer {
  readonly status: number
  readonly headers: Page['headers']
  readonly text: string
  readonly body: {
    readonly status?: string
    readonly data?: unknown
    readonly next?: string | null
    readonly errors?: readonly { readonly code: string; readonly field?: string }[]
  }
  /** Code of the first error. */
  readonly code: string | undefined
}

/** Somebody who calls the API. @param path below `/api/v2` */
export type Call = (
  method: Method,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>

/** In a browser, signed in just now; nobody without a login. */
export async function byCookie({ portal }: TestApp, login?: string): Promise<Call> {
  const browser = createBrowser(portal)
  if (login !== undefined) await browser.signIn({ username: login })
  return async (method, path, body, headers = {}) =>
    answerOf(await browser.send(method, API + path, sent(body, headers)))
}

/** With an API token of somebody. */
export async function byToken(app: TestApp, login: string, permissions: readonly OwnPermission[]): Promise<Call> {
  const authorization = `Bearer ${await newToken(app, login, permissions)}`
  const { send } = createBrowser(app.portal)
  return async (method, path, body, headers = {}) =>
    // Programs say nothing of where they come from.
    answerOf(await send(method, API + path, sent(body, { authorization, origin: '', ...headers })))
}

export async function newToken(
  { context }: TestApp,
  login: string,
  permissions: readonly OwnPermission[],
): Promise<string> {
  const owner = await getUser(context.database, login)
  const tools = { ...context, policy: () => context.policies.current() }
  const wish = { name: 'test', days: 1, api: permissions }
  const granted = await grantToken(tools, { userId: owner.id, login }, wish, { actor: null })
  if (granted.kind !== 'granted') throw new Error(JSON.stringify(granted))
  return granted.token
}

function sent(body: unknown, headers: Readonly<Record<string, string>>): Sent {
  if (body === undefined) return { headers }
  return { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

function answerOf({ status, headers, text }: Page): Answer {
  const isJson = headers['content-type']?.startsWith('application/json') === true
  const body = isJson ? (JSON.parse(text) as Answer['body']) : {}
  return { status, headers, text, body, code: body.errors?.[0]?.code }
}
