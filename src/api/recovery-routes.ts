import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OperatorError, PosternError } from '../errors.ts'
import { INVITATION_DAYS, invitationLife, invite, listInvitations, revokeInvitation } from '../recovery/invitations.ts'
import type { InvitationRow } from '../recovery/invitations-table.ts'
import { linkTo } from '../recovery/mail-links.ts'
import type { RecoveryParts } from '../recovery/parts.ts'
import { makeResetLink } from '../recovery/reset.ts'
import { UserFieldsError } from '../users/users.ts'
import { bodyKind } from '../web/body.ts'
import { readJson } from '../web/strict-json.ts'
import { administrator, provenAdministrator } from './administrator.ts'
import type { AdministratorParts } from './administrator.ts'

const ADMINISTRATOR = { config: { access: 'postern.users:write' } } as const
const KEYS: ReadonlySet<string> = new Set(['email', 'roles', 'days', 'by_mail'])

export type RecoveryApiParts = RecoveryParts & Pick<AdministratorParts, 'factors'>

interface Asked {
  readonly email: string
  readonly roles: readonly string[]
  readonly days: number
  readonly byMail: boolean
}

/**
 * Links that administrators give out, soon after a proof of who they are: `/api/v2/users/:login/reset-link` and
 * `/api/v2/invitations`.
 */
export function recoveryApiRoutes(app: FastifyInstance, parts: RecoveryApiParts): void {
  const { database, keys, publicUrl } = parts

  app.post<{ Params: { login: string } }>('/api/v2/users/:login/reset-link', ADMINISTRATOR, async (request, reply) => {
    const by = await provenAdministrator(parts, request)
    const link = await makeResetLink(parts, request.params.login, by).catch((error: unknown) => {
      throw error instanceof OperatorError ? new PosternError('unknown_user', error.message) : error
    })
    if (link === null) throw new PosternError('bad_request', 'the user is disabled')
    return reply.code(201).send({ status: 'ok', data: { link } })
  })

  app.get('/api/v2/invitations', ADMINISTRATOR, async (_request, reply) =>
    reply.send({ status: 'ok', data: (await listInvitations(database)).map(describe) }),
  )

  app.post('/api/v2/invitations', ADMINISTRATOR, async (request, reply) => {
    const by = await provenAdministrator(parts, request)
    const { email, roles, days, byMail } = readInvitation(request, parts.sendsMails)
    try {
      const about = { email, roles, lifeMs: invitationLife(days), by, byMail }
      const invited = await database.transaction((tx) => invite(tx, keys, about))
      const link = invited.token === null ? null : linkTo(publicUrl, `invite/${invited.token}`)
      return await reply.code(201).send({ status: 'ok', data: { id: invited.id, email: invited.email, link } })
    } catch (error) {
      if (!(error instanceof UserFieldsError)) throw error
      const errors = Object.entries(error.fields).map(([field, message]) => ({ code: 'bad_request', field, message }))
      return reply.code(400).send({ status: 'error', errors })
    }
  })

  app.delete<{ Params: { id: string } }>('/api/v2/invitations/:id', ADMINISTRATOR, async (request, reply) => {
    const by = await administrator(parts, request)
    const revoked = await database.transaction((tx) => revokeInvitation(tx, request.params.id, by))
    if (revoked === null) throw new PosternError('not_found')
    return reply.send({ status: 'ok' })
  })
}

function readInvitation(request: FastifyRequest, sendsMails: boolean): Asked {
  if (bodyKind(request.headers['content-type']) !== 'json')
    throw new PosternError('bad_request', 'not application/json')
  const body = readJson(request.body as Buffer)
  const unknown = Object.keys(body).find((key) => !KEYS.has(key))
  if (unknown !== undefined) throw new PosternError('bad_request', `field ${unknown}`)
  const { email, roles = [], days = INVITATION_DAYS.usual, by_mail: byMail = sendsMails } = body
  if (typeof email !== 'string') throw new PosternError('bad_request', 'field email')
  if (!isListOfTexts(roles)) throw new PosternError('bad_request', 'field roles')
  if (typeof days !== 'number' || !isDays(days)) throw new PosternError('bad_request', 'field days')
  if (typeof byMail !== 'boolean' || (byMail && !sendsMails)) throw new PosternError('bad_request', 'field by_mail')
  return { email, roles, days, byMail }
}

function isDays(days: number): boolean {
  return Number.isInteger(days) && days >= INVITATION_DAYS.least && days <= INVITATION_DAYS.most
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function describe({ id, email, roles, by, created_at: created, expires_at: expires }: InvitationRow): object {
  return { id, email, roles, by, created_at: created.toISOString(), expires_at: expires.toISOString() }
}
