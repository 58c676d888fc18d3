import type { FastifyInstance, FastifyReply } from 'fastify'
import { reaches } from '../administration/authority.ts'
import { invite, listInvitations, revokeInvitation } from '../administration/links.ts'
import { createUser, listUsers } from '../administration/users.ts'
import { INVITATION_DAYS } from '../recovery/invitations.ts'
import { USER_STATES } from '../users/search.ts'
import { bodySchema, textField } from '../web/body.ts'
import { sendHtml } from '../web/pages.ts'
import { portalHeaders } from '../web/security-headers.ts'
import { backTo, consoleForm, csrfField } from './console-form.ts'
import { consoleBase, openConsole } from './console.ts'
import { linkPage } from './user-link-page.ts'
import { invitationsPage, newUserPage } from './user-new-page.ts'
import type { InvitationsPage, NewUserPage } from './user-new-page.ts'
import { askedFor, askedOneOf, CSRF, filledIn, givableRoles, ID_FORM } from './user-parts.ts'
import { NOT_REFUSED, PAGE_SIZE, PURPOSE, tryTo } from './user-parts.ts'
import type { PeopleParts, Refusal } from './user-parts.ts'
import { usersPage } from './users-page.ts'

const READ = { config: { access: 'postern.users:read' } } as const
const WRITE = { config: { access: 'postern.users:write' } } as const
const NEW_USER = bodySchema({
  csrf: CSRF,
  login: textField(256),
  email: textField(512),
  name: textField(1_024),
  role: textField(256),
})
const INVITE = bodySchema({ csrf: CSRF, email: textField(512), role: textField(256) })

/** `/admin/users`, `/admin/new-user` and `/admin/invitations`: who is there, and how others come to be. */
export function usersRoutes(app: FastifyInstance, parts: PeopleParts): void {
  listRoutes(app, parts)
  newUserRoutes(app, parts)
  invitationRoutes(app, parts)
}

function listRoutes(app: FastifyInstance, parts: PeopleParts): void {
  app.get('/admin/users', READ, async (request, reply) => {
    const { console, frame } = await openConsole(parts, request)
    const query = {
      search: askedFor(request.query, 'search'),
      role: askedFor(request.query, 'role'),
      state: askedOneOf(request.query, 'state', USER_STATES),
    }
    const after = askedFor(request.query, 'after')
    const { items, next, total } = await listUsers(parts, {
      limit: PAGE_SIZE,
      ...(query.search !== '' && { search: query.search }),
      ...(query.role !== '' && { role: query.role }),
      ...(query.state !== '' && { state: query.state }),
      ...(after !== '' && { after }),
    })
    const roles = [...parts.policies.current().roles.keys()]
    const isFirst = after === ''
    return sendHtml(reply, 200, usersPage({ frame, console, users: items, total, query, roles, after: next, isFirst }))
  })
}

function newUserRoutes(app: FastifyInstance, parts: PeopleParts): void {
  const formPath = `${consoleBase(parts)}/new-user`
  app.get('/admin/new-user', WRITE, (request, reply) => {
    const values = {
      login: filledIn(request, 'login'),
      email: filledIn(request, 'email'),
      name: filledIn(request, 'name'),
      role: filledIn(request, 'role'),
    }
    return showNewUser(parts, reply, values, NOT_REFUSED)
  })

  app.post('/admin/new-user', WRITE, async (_request, reply) => {
    const fresh = { formPath, keep: ['login', 'email', 'name', 'role'] as const }
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: NEW_USER, fresh })
    if (form === null) return reply
    const { login, email, name, role } = form.fields
    const about = { login, email, roles: role === '' ? [] : [role], ...(name.trim() !== '' && { name }) }
    const made = await tryTo(() => createUser(parts, form.visitor.principal, about))
    if (made.kind === 'refused') return showNewUser(parts, reply, { login, email, name, role }, made)
    return backTo(reply, `${consoleBase(parts)}/users/${made.value.login}`, 'user_created')
  })
}

function invitationRoutes(app: FastifyInstance, parts: PeopleParts): void {
  const path = `${consoleBase(parts)}/invitations`
  app.get('/admin/invitations', WRITE, (request, reply) => {
    const values = { email: filledIn(request, 'email'), role: filledIn(request, 'role') }
    return showInvitations(parts, reply, values, NOT_REFUSED)
  })

  app.post('/admin/invitations', WRITE, async (request, reply) => {
    const fresh = { formPath: path, keep: ['email', 'role'] as const }
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: INVITE, fresh })
    if (form === null) return reply
    const { email, role } = form.fields
    const about = { email, roles: role === '' ? [] : [role] }
    const made = await tryTo(() => invite(parts, form.visitor.principal, about))
    if (made.kind === 'refused') return showInvitations(parts, reply, { email, role }, made)
    const { link, email: invited } = made.value
    if (link === null) return backTo(reply, path, 'invited')
    const { console, frame } = await openConsole(parts, request)
    const title = frame.words.say('handed.title_invite', { email: invited })
    const crumbs = [{ text: frame.words.say('invitations.title'), path: 'invitations' }]
    reply.headers(portalHeaders({ secure: parts.cookies.secure, scripted: true }))
    return sendHtml(reply, 200, linkPage({ frame, console, title, link, crumbs, backHref: path }))
  })

  app.post('/admin/invitations/revoke', WRITE, async (_request, reply) => {
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: ID_FORM })
    if (form === null) return reply
    const { visitor, fields } = form
    const done = await tryTo(() => revokeInvitation(parts, visitor.principal, { id: fields.id }))
    if (done.kind === 'refused') return showInvitations(parts, reply, { email: '', role: '' }, done)
    return backTo(reply, path, 'invitation_revoked')
  })
}

async function showNewUser(
  parts: PeopleParts,
  reply: FastifyReply,
  values: NewUserPage['values'],
  refusal: Refusal,
): Promise<FastifyReply> {
  const { console, frame, visitor } = await openConsole(parts, reply.request)
  const roles = givableRoles(parts, visitor)
  const csrf = csrfField(parts, PURPOSE, visitor)
  return sendHtml(reply, refusal.status, newUserPage({ frame, console, csrf, values, refusal, roles }))
}

async function showInvitations(
  parts: PeopleParts,
  reply: FastifyReply,
  values: InvitationsPage['values'],
  refusal: Refusal,
): Promise<FastifyReply> {
  const { console, frame, visitor } = await openConsole(parts, reply.request)
  const policy = parts.policies.current()
  const invitations = await listInvitations(parts)
  const model = {
    frame,
    console,
    values,
    refusal,
    csrf: csrfField(parts, PURPOSE, visitor),
    roles: givableRoles(parts, visitor),
    invitations: invitations.map((each) => ({ ...each, mayRevoke: reaches(policy, visitor.principal, each.roles) })),
    sendsMails: parts.recovery.sendsMails,
    days: INVITATION_DAYS.usual,
  }
  return sendHtml(reply, refusal.status, invitationsPage(model))
}
