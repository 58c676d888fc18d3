import { z } from 'zod'
import type { AdministrationParts } from '../administration/parts.ts'
import { endSession, listSessions } from '../administration/sessions.ts'
import type { PagedSignInRow } from '../sessions/page-table.ts'
import { operation, PAGE } from './operation.ts'
import type { Operation } from './operation.ts'
import { given, ID, LOGIN, MAYBE_TEXT, NOTHING, TEXT, TIME } from './shapes.ts'

/** A sign-in as programs are told of it. */
export const SESSION = z.strictObject({
  id: TEXT,
  login: TEXT,
  created_at: TIME,
  last_seen_at: TIME,
  expires_at: TIME,
  address: MAYBE_TEXT,
  user_agent: TEXT,
  remembered: z.boolean(),
})

/** Who is signed in. */
export function sessionOperations(parts: AdministrationParts): readonly Operation[] {
  return [
    operation({
      name: 'listSessions',
      method: 'GET',
      path: '/sessions',
      tag: 'sessions',
      summary: 'Lists sign-ins that are open, the latest first',
      access: 'postern.sessions:read',
      query: {
        ...PAGE,
        login: LOGIN.optional(),
        network: z.string().min(1).max(64).optional().describe('An address, or a network in CIDR form.'),
      },
      data: z.array(SESSION),
      async run({ query: { limit, ...question } }) {
        const { items, next } = await listSessions(parts, { limit, ...given(question) })
        return { data: items.map(describeSession), next }
      },
    }),
    operation({
      name: 'endSession',
      method: 'DELETE',
      path: '/sessions/{id}',
      tag: 'sessions',
      summary: 'Ends a sign-in, at once and everywhere',
      access: 'postern.sessions:end',
      params: { id: ID },
      data: NOTHING,
      errors: ['nothing_there', 'holds_more'],
      async run({ params, caller: { principal } }) {
        await endSession(parts, principal, params)
        return { data: undefined }
      },
    }),
  ]
}

/** Without ids of people, which nobody needs who has the login. */
export function describeSession(row: Omit<PagedSignInRow, 'user_id' | 'began_at'>): z.input<typeof SESSION> {
  const { id, login, ip_address: address, user_agent: userAgent, remembered } = row
  return {
    id,
    login,
    created_at: row.created_at.toISOString(),
    last_seen_at: row.last_seen_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
    address,
    user_agent: userAgent,
    remembered,
  }
}
