import assert from 'node:assert/strict'
import { WRITTEN_BY_ROUTES } from '../audit/written-by.ts'
import { hidden } from '../login/browser.ts'
import type { Browser, Page } from '../login/browser.ts'
import type { Cleanup } from '../support/directories.ts'
import { openPlaceOf } from './people-of.ts'
import type { Place } from './people-of.ts'

/** Where the console is. */
export const ADMIN = '/.postern/admin'

const POLICY = `
version: 1
roles:
  helpdesk: ['postern.users:read', 'postern.users:write', 'postern.sessions:read', 'postern.sessions:end', 'postern.attempts:clear']
  looker: ['postern.users:read', 'postern.sessions:read']
  ender: ['postern.sessions:end', 'postern.users:write']
  user: ['api:read']
apps:
  - { name: app, hosts: [app.example.com], rules: [{ require: {} }] }
`
const OURS = /^portal POST \/\.postern\/admin\/((?:attempts|grants|invitations|new-user|sessions|users)\b.*)$/
/** Every form here by its path, and what it takes; a new one is covered once it has its line in `written-by.ts`. */
export const FORMS = Object.entries(WRITTEN_BY_ROUTES).flatMap(([route, types]) => {
  const path = OURS.exec(route)?.[1]
  return path === undefined ? [] : [{ path, types, needsProof: types.includes('proof_refused') }]
})

/** Everybody there, by the role that each has. */
const ROLES = { root: 'postern-admin', helen: 'helpdesk', lou: 'looker', enno: 'ender', alice: 'user' } as const

/** The portal with people of each kind in it. */
export function openPlace(t: Cleanup): Promise<Place> {
  return openPlaceOf<string>(t, ROLES, { policy: POLICY, env: { POSTERN_RATE_LIMITS: 'off' } })
}

/** Posts a form of the console with the token of a page that has one. */
export async function postForm(
  browser: Browser,
  { from = 'sessions', to, fields = {} }: { from?: string; to: string; fields?: Readonly<Record<string, string>> },
): Promise<Page> {
  const csrf = hidden(await browser.get(`${ADMIN}/${from}`), 'csrf')
  return browser.post(`${ADMIN}/${to}`, { body: { csrf, ...fields } })
}

/** Where a reply leads, below the console. */
export function leadsTo({ status, headers, text }: Page): string {
  assert.equal(status, 303, text)
  return (headers['location'] ?? '').replace(`${ADMIN}/`, '')
}
