import assert from 'node:assert/strict'
import { statement } from '../../src/store/statement.ts'
import { PORTAL } from './traveller.ts'
import type { Domains, Stop, Traveller } from './traveller.ts'

/** Names of the cookies of an app's own host. */
export const STATE = '__Host-postern_state'
export const APP_COOKIE = '__Host-postern_app'

const COUNTS = statement<[], { codes: number; tokens: number; sessions: number }>(
  'counts',
  `select (select count(*)::int from auth.one_time_tokens) as codes,
     (select count(*)::int from auth.session_tokens) as tokens, (select count(*)::int from auth.sessions) as sessions`,
)

/** Where a page of an app sends a visitor who is not signed in there. */
export async function locationOf(browser: Traveller, url: string): Promise<string> {
  return (await browser.open(url)).headers['location'] ?? ''
}

/** What `/.postern/start` answers to a visitor who opened a page. */
export async function startOf(browser: Traveller, url: string): Promise<Stop> {
  const start = await browser.open(await locationOf(browser, url))
  assert.equal(start.status, 302)
  return start
}

/** Signs in on the portal and goes on to where the code is, without using it. */
export async function codeUrl(browser: Traveller, start: Stop): Promise<string> {
  await browser.signIn(`${PORTAL}/login`)
  const onward = await browser.open(start.headers['location'] ?? '')
  assert.match(onward.headers['location'] ?? '', /\/\.postern\/callback\?code=/)
  return onward.headers['location'] ?? ''
}

/** Opens an address that must give a page without way on and make neither token nor sign-in. */
export async function assertRefused(domains: Domains, browser: Traveller, url: string): Promise<void> {
  const { tokens, sessions } = await counts(domains)
  const { status, headers, setCookie } = await browser.open(url)
  assert.deepEqual([status, headers['location'], setCookie], [403, undefined, []], url)
  const after = await counts(domains)
  assert.deepEqual([after.tokens, after.sessions], [tokens, sessions])
}

/** How many rows there are that signing in makes. */
export async function counts({ database }: Domains): Promise<object & { tokens: number; sessions: number }> {
  const [row] = await database.query(COUNTS)
  assert.ok(row !== undefined)
  return row
}
