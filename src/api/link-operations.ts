import { z } from 'zod'
import { invite, listInvitations, resetLink, revokeInvitation } from '../administration/links.ts'
import type { AdministrationParts } from '../administration/parts.ts'
import { INVITATION_DAYS } from '../recovery/invitations.ts'
import { UserFieldsError } from '../users/users.ts'
import { operation } from './operation.ts'
import type { Operation } from './operation.ts'
import { given, ID, LOGIN, MAYBE_TEXT, NOTHING, ROLES, TEXT, TEXTS, TIME } from './shapes.ts'

const INVITATION = z.strictObject({
  id: TEXT,
  email: TEXT,
  roles: TEXTS,
  by: MAYBE_TEXT.describe('Login of who invited; null for an operator at a shell.'),
  created_at: TIME,
  expires_at: TIME,
})
const NEW = {
  email: z.string().min(3).max(254),
  roles: ROLES.default([]),
  days: z.number().int().min(INVITATION_DAYS.least).max(INVITATION_DAYS.most).optional(),
  by_mail: z.boolean().optional().describe('Whether a mail brings the link; where mails are sent, unless given.'),
}

const WRITE = { access: 'postern.users:write' } as const

/** Links that let people in, which are told once. */
export function linkOperations(parts: AdministrationParts): readonly Operation[] {
  return [
    operation({
      ...WRITE,
      name: 'makeResetLink',
      method: 'POST',
      path: '/users/{login}/reset-link',
      tag: 'users',
      summary: 'Makes a link that sets somebody’s password, to be handed on within a day',
      needsProof: true,
      status: 201,
      params: { login: LOGIN },
      data: z.strictObject({ link: TEXT }),
      errors: ['unknown_user', 'user_disabled', 'holds_more'],
      async run({ params, caller: { principal } }) {
        const { link } = await resetLink(parts, principal, params)
        return { data: { link } }
      },
    }),
    operation({
      ...WRITE,
      name: 'listInvitations',
      method: 'GET',
      path: '/invitations',
      tag: 'invitations',
      summary: 'Lists invitations that can still be accepted, the latest first',
      data: z.array(INVITATION),
      async run() {
        const rows = await listInvitations(parts)
        return {
          data: rows.map(({ id, email, roles, by, created_at: made, expires_at: ends }) => {
            return { id, email, roles, by, created_at: made.toISOString(), expires_at: ends.toISOString() }
          }),
        }
      },
    }),
    ...invitingOperations(parts),
  ]
}

function invitingOperations(parts: AdministrationParts): readonly Operation[] {
  return [
    operation({
      ...WRITE,
      name: 'invite',
      method: 'POST',
      path: '/invitations',
      tag: 'invitations',
      summary: 'Invites an address; an invitation that it had is void',
      needsProof: true,
      status: 201,
      body: NEW,
      data: z.strictObject({ id: TEXT, email: TEXT, link: MAYBE_TEXT.describe('Null where a mail brings it.') }),
      errors: ['not_yours_to_give'],
      async run({ body: { by_mail: byMail, ...about }, caller: { principal } }) {
        if (byMail === true && !parts.recovery.sendsMails)
          throw new UserFieldsError({ by_mail: 'Postern sends no mails here.' })
        const wish = { ...given(about), ...(byMail !== undefined && { byMail }) }
        return { data: await invite(parts, principal, wish) }
      },
    }),
    operation({
      ...WRITE,
      name: 'revokeInvitation',
      method: 'DELETE',
      path: '/invitations/{id}',
      tag: 'invitations',
      summary: 'Takes an invitation back',
      params: { id: ID },
      data: NOTHING,
      errors: ['nothing_there', 'not_yours_to_give'],
      async run({ params, caller: { principal } }) {
        await revokeInvitation(parts, principal, params)
        return { data: undefined }
      },
    }),
  ]
}
