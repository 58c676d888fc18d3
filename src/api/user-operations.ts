import { z } from 'zod'
import { listFactors, resetFactors } from '../administration/factors.ts'
import type { AdministrationParts } from '../administration/parts.ts'
import { endSessionsOf } from '../administration/sessions.ts'
import * as users from '../administration/users.ts'
import { USER_STATES, userState } from '../users/search.ts'
import type { UserRow } from '../users/users-table.ts'
import { operation, PAGE } from './operation.ts'
import type { Operation } from './operation.ts'
import { COUNT, given, LOGIN, MAYBE_TIME, NOTHING, ROLE, ROLES, TEXT, TEXTS, TIME } from './shapes.ts'

const USER = z.strictObject({
  id: TEXT,
  login: TEXT,
  email: TEXT,
  name: TEXT,
  roles: TEXTS.describe('Those that are the user’s until somebody takes them.'),
  held_roles: TEXTS.describe('The same and those of grants that hold now.'),
  state: z.enum(USER_STATES),
  disabled_at: MAYBE_TIME,
  created_at: TIME,
  must_change_password: z.boolean(),
  break_glass: z.boolean(),
})
const FACTOR = z.strictObject({
  id: TEXT,
  kind: TEXT,
  name: TEXT,
  added_at: TIME,
  last_used_at: MAYBE_TIME,
  is_synced: z.boolean(),
  copy_suspected_at: MAYBE_TIME,
})
const EMAIL = z.string().min(3).max(254)
const NAME = z.string().min(1).max(200)
const ENDED = z.strictObject({ ended: COUNT.describe('How many sign-ins ended.') })
const WHO = { login: LOGIN }

const READ = { tag: 'users', access: 'postern.users:read' } as const
const WRITE = { tag: 'users', access: 'postern.users:write', needsProof: true } as const
const ON_USER = { ...WRITE, params: WHO, errors: ['unknown_user', 'holds_more', 'changed_since'] } as const
const ON_HOLDER = { ...ON_USER, errors: [...ON_USER.errors, 'last_administrator'] } as const

/** People: found, made, changed and let go. Nobody sets a password here: a reset link lets its owner do that. */
export function userOperations(parts: AdministrationParts): readonly Operation[] {
  return [...readingOperations(parts), ...profileOperations(parts), ...standingOperations(parts)]
}

function readingOperations(parts: AdministrationParts): readonly Operation[] {
  return [
    operation({
      ...READ,
      name: 'listUsers',
      method: 'GET',
      path: '/users',
      summary: 'Lists people by login',
      query: {
        ...PAGE,
        search: z.string().max(254).optional().describe('How login, e-mail address or name begin.'),
        role: ROLE.optional().describe('Who has it now.'),
        state: z.enum(USER_STATES).optional(),
      },
      data: z.strictObject({ users: z.array(USER), total: COUNT }),
      async run({ query: { limit, ...question } }) {
        const { items, next, total } = await users.listUsers(parts, { limit, ...given(question) })
        return { data: { users: items.map(describe), total }, next }
      },
    }),
    operation({
      ...READ,
      name: 'getUser',
      method: 'GET',
      path: '/users/{login}',
      summary: 'Tells of one person',
      params: WHO,
      data: USER,
      errors: ['unknown_user'],
      run: async ({ params: { login } }) => answer(await users.getUser(parts, login)),
    }),
    operation({
      ...READ,
      name: 'listFactors',
      method: 'GET',
      path: '/users/{login}/factors',
      summary: 'Lists somebody’s second factors',
      params: WHO,
      data: z.strictObject({ factors: z.array(FACTOR), recovery_codes_left: COUNT }),
      errors: ['unknown_user'],
      async run({ params: { login } }) {
        const { factors, recoveryCodesLeft } = await listFactors(parts, login)
        return {
          data: {
            factors: factors.map(({ id, kind, name, addedAt, lastUsedAt, isSynced, copySuspectedAt }) => ({
              id,
              kind,
              name,
              added_at: addedAt.toISOString(),
              last_used_at: lastUsedAt?.toISOString() ?? null,
              is_synced: isSynced,
              copy_suspected_at: copySuspectedAt?.toISOString() ?? null,
            })),
            recovery_codes_left: recoveryCodesLeft,
          },
        }
      },
    }),
  ]
}

function profileOperations(parts: AdministrationParts): readonly Operation[] {
  return [
    operation({
      ...WRITE,
      name: 'createUser',
      method: 'POST',
      path: '/users',
      summary: 'Makes a person, who then needs a reset link to sign in',
      status: 201,
      body: { login: LOGIN, email: EMAIL, name: NAME.optional(), roles: ROLES.default([]) },
      data: USER,
      errors: ['not_yours_to_give'],
      run: async ({ body, caller: { principal } }) => answer(await users.createUser(parts, principal, given(body))),
    }),
    operation({
      ...ON_USER,
      name: 'editUser',
      method: 'PATCH',
      path: '/users/{login}',
      summary: 'Changes somebody’s name or e-mail address',
      body: { email: EMAIL.optional(), name: NAME.optional() },
      data: USER,
      run: async ({ params, body, caller: { principal }, expect }) =>
        answer(await users.editUser(parts, principal, { ...params, ...given(body), expect })),
    }),
    operation({
      ...ON_HOLDER,
      name: 'changeRoles',
      method: 'PATCH',
      path: '/users/{login}/roles',
      summary: 'Gives and takes roles',
      body: { add: ROLES.default([]), remove: ROLES.default([]) },
      data: USER,
      errors: [...ON_HOLDER.errors, 'not_yours_to_give'],
      run: async ({ params, body, caller: { principal }, expect }) =>
        answer(await users.setRoles(parts, principal, { ...params, ...body, expect })),
    }),
    operation({
      ...ON_HOLDER,
      name: 'deleteUser',
      method: 'DELETE',
      path: '/users/{login}',
      summary: 'Removes a person for good',
      data: NOTHING,
      async run({ params, caller: { principal }, expect }) {
        await users.deleteUser(parts, principal, { ...params, expect })
        return { data: undefined }
      },
    }),
  ]
}

function standingOperations(parts: AdministrationParts): readonly Operation[] {
  return [
    operation({
      ...ON_HOLDER,
      name: 'disableUser',
      method: 'POST',
      path: '/users/{login}/disable',
      summary: 'Keeps somebody out, and ends every sign-in',
      data: ENDED,
      run: async ({ params, caller: { principal }, expect }) => ({
        data: await users.disableUser(parts, principal, { ...params, expect }),
      }),
    }),
    operation({
      ...ON_USER,
      name: 'enableUser',
      method: 'POST',
      path: '/users/{login}/enable',
      summary: 'Lets somebody in again',
      data: USER,
      run: async ({ params, caller: { principal }, expect }) =>
        answer(await users.enableUser(parts, principal, { ...params, expect })),
    }),
    operation({
      ...ON_USER,
      name: 'demandPasswordChange',
      method: 'POST',
      path: '/users/{login}/password-change',
      summary: 'Has somebody choose another password at the next sign-in',
      data: NOTHING,
      async run({ params, caller: { principal }, expect }) {
        await users.demandPasswordChange(parts, principal, { ...params, expect })
        return { data: undefined }
      },
    }),
    ...endingOperations(parts),
  ]
}

function endingOperations(parts: AdministrationParts): readonly Operation[] {
  return [
    operation({
      ...ON_USER,
      name: 'resetFactors',
      method: 'DELETE',
      path: '/users/{login}/factors',
      summary: 'Removes somebody’s second factors, and ends every sign-in',
      data: z.strictObject({ removed: COUNT, ended: COUNT }),
      errors: [...ON_USER.errors, 'nothing_there'],
      run: async ({ params, caller: { principal }, expect }) => ({
        data: await resetFactors(parts, principal, { ...params, expect }),
      }),
    }),
    operation({
      ...ON_USER,
      access: 'postern.sessions:end',
      needsProof: undefined,
      name: 'endSessionsOfUser',
      method: 'DELETE',
      path: '/users/{login}/sessions',
      summary: 'Ends every sign-in of somebody',
      data: ENDED,
      async run({ params, caller: { principal } }) {
        const { ended } = await endSessionsOf(parts, principal, params)
        return { data: { ended } }
      },
    }),
  ]
}

function answer(user: UserRow): { data: z.input<typeof USER>; version: string } {
  return { data: describe(user), version: user.version }
}

function describe(user: UserRow): z.input<typeof USER> {
  const { id, login, email, name, roles, held_roles, must_change_password, break_glass } = user
  const times = { disabled_at: user.disabled_at?.toISOString() ?? null, created_at: user.created_at.toISOString() }
  const facts = { id, login, email, name, roles, held_roles, must_change_password, break_glass }
  return { ...facts, ...times, state: userState(user) }
}
