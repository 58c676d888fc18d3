import { z } from 'zod'
import { getGrant, grantRole, grantVersion, listGrants, MAX_GRANT_DAYS, revokeGrant } from '../administration/grants.ts'
import type { AdministrationParts } from '../administration/parts.ts'
import type { GrantRow } from '../users/grants-table.ts'
import { operation, PAGE } from './operation.ts'
import type { Operation } from './operation.ts'
import { given, ID, LOGIN, MAYBE_TEXT, MAYBE_TIME, REASON, ROLE, TEXT, TIME } from './shapes.ts'

const GRANT = z.strictObject({
  id: TEXT,
  login: TEXT,
  role: TEXT,
  reason: TEXT,
  granted_by: TEXT,
  created_at: TIME,
  ends_at: TIME,
  revoked_at: MAYBE_TIME,
  revoked_by: MAYBE_TEXT,
  holds: z.boolean().describe('Whether it gives the role now.'),
})

const WRITE = { tag: 'grants', access: 'postern.users:write' } as const

/** Roles for a while. */
export function grantOperations(parts: AdministrationParts): readonly Operation[] {
  return [
    operation({
      name: 'listGrants',
      method: 'GET',
      path: '/grants',
      tag: 'grants',
      summary: 'Lists roles that were given for a while, the latest first',
      access: 'postern.users:read',
      query: {
        ...PAGE,
        login: LOGIN.optional(),
        role: ROLE.optional(),
        holds: z.enum(['true', 'false']).optional().describe('Whether it gives its role now.'),
      },
      data: z.array(GRANT),
      async run({ query: { limit, holds, ...question } }) {
        const wish = { limit, ...given(question), ...(holds !== undefined && { holds: holds === 'true' }) }
        const { items, next } = await listGrants(parts, wish)
        return { data: items.map(describe), next }
      },
    }),
    operation({
      name: 'getGrant',
      method: 'GET',
      path: '/grants/{id}',
      tag: 'grants',
      summary: 'Tells of one of them',
      access: 'postern.users:read',
      params: { id: ID },
      data: GRANT,
      errors: ['nothing_there'],
      run: async ({ params: { id } }) => answer(await getGrant(parts, id)),
    }),
    ...changingOperations(parts),
  ]
}

function changingOperations(parts: AdministrationParts): readonly Operation[] {
  return [
    operation({
      ...WRITE,
      name: 'grantRole',
      method: 'POST',
      path: '/grants',
      summary: `Gives somebody a role until a moment, at most ${MAX_GRANT_DAYS} days ahead`,
      needsProof: true,
      status: 201,
      body: { login: LOGIN, role: ROLE, until: z.iso.datetime({ offset: true }).max(64), reason: REASON },
      data: GRANT,
      errors: ['unknown_user', 'user_disabled', 'holds_more', 'not_yours_to_give'],
      run: async ({ body: { until, ...about }, caller: { principal } }) =>
        answer(await grantRole(parts, principal, { ...about, until: new Date(until) })),
    }),
    operation({
      ...WRITE,
      name: 'revokeGrant',
      method: 'DELETE',
      path: '/grants/{id}',
      summary: 'Ends one before its time, at once and everywhere',
      params: { id: ID },
      data: GRANT,
      errors: ['nothing_there', 'holds_more', 'changed_since'],
      run: async ({ params: { id }, caller: { principal }, expect }) =>
        answer(await revokeGrant(parts, principal, { id, expect })),
    }),
  ]
}

function answer(grant: GrantRow): { data: z.input<typeof GRANT>; version: string } {
  return { data: describe(grant), version: grantVersion(grant) }
}

function describe({ user_id: _user, made_at: _made, ...grant }: GrantRow): z.input<typeof GRANT> {
  return {
    ...grant,
    created_at: grant.created_at.toISOString(),
    ends_at: grant.ends_at.toISOString(),
    revoked_at: grant.revoked_at?.toISOString() ?? null,
  }
}
