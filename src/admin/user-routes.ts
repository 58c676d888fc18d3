import type { FastifyInstance, FastifyReply } from 'fastify'
import { resetFactors } from '../administration/factors.ts'
import { resetLink } from '../administration/links.ts'
import type { Doer } from '../administration/parts.ts'
import { endSession, endSessionsOf } from '../administration/sessions.ts'
import { revokeToken } from '../administration/tokens.ts'
import * as users from '../administration/users.ts'
import { PosternError } from '../errors.ts'
import type { OwnPermission } from '../lib/permissions.ts'
import { canonical } from '../users/profile.ts'
import { UserFieldsError } from '../users/users.ts'
import { bodySchema, optionalTextField, textField } from '../web/body.ts'
import { sendHtml } from '../web/pages.ts'
import { portalHeaders } from '../web/security-headers.ts'
import { backTo, consoleForm, csrfField } from './console-form.ts'
import { consoleBase, openConsole } from './console.ts'
import type { DoneCode } from './done.ts'
import { readUser } from './user-facts.ts'
import { linkPage } from './user-link-page.ts'
import { userPage } from './user-page.ts'
import type { TypedOfUser } from './user-page.ts'
import { CSRF, filledIn, loginOf, mustSee, NOT_REFUSED, PURPOSE, tryTo } from './user-parts.ts'
import type { PeopleParts, Refusal } from './user-parts.ts'

const FORM = bodySchema({
  csrf: CSRF,
  role: optionalTextField(256),
  id: optionalTextField(64),
  confirm: optionalTextField(256),
})
const PROFILE = bodySchema({
  csrf: CSRF,
  version: textField(128),
  name: textField(1_024),
  email: optionalTextField(512),
})

type Fields = Readonly<Record<'role' | 'id' | 'confirm', string | undefined>>

/** What is done with a button of the page, or with a form of one field. */
interface Action {
  /** Below the person's page. */
  readonly path: string
  readonly access: OwnPermission
  /** Whether it lets somebody in or away, and so asks for a fresh proof. */
  readonly isDangerous: boolean
  readonly done: DoneCode
  readonly run: (by: Doer, login: string, fields: Fields) => Promise<unknown>
}

/** `/admin/users/:login`: one person, and all that is done to the account. */
export function userRoutes(app: FastifyInstance, parts: PeopleParts): void {
  app.get('/admin/users/:login', { config: { access: 'postern.users:read' } }, (request, reply) => {
    const asked = (name: string): string | undefined => filledIn(request, name) || undefined
    const typed = { name: asked('name'), email: asked('email') }
    return showUser(parts, reply, { login: loginOf(request.params), typed, refusal: NOT_REFUSED })
  })
  for (const action of actionsOf(parts)) actionRoute(app, parts, action)
  profileRoute(app, parts)
  deleteRoute(app, parts)
  resetLinkRoute(app, parts)
}

function actionsOf(parts: PeopleParts): readonly Action[] {
  const write = { access: 'postern.users:write', isDangerous: true } as const
  const end = { access: 'postern.sessions:end', isDangerous: false } as const
  return [
    {
      ...write,
      path: 'roles/give',
      done: 'role_given',
      run: (by, login, { role }) => users.setRoles(parts, by, { login, add: [oneRole(role)] }),
    },
    {
      ...write,
      path: 'roles/take',
      done: 'role_taken',
      run: (by, login, { role }) => users.setRoles(parts, by, { login, remove: [oneRole(role)] }),
    },
    {
      ...write,
      path: 'disable',
      done: 'user_disabled',
      run: (by, login) => users.disableUser(parts, by, { login }),
    },
    {
      ...write,
      path: 'enable',
      done: 'user_enabled',
      run: (by, login) => users.enableUser(parts, by, { login }),
    },
    {
      ...write,
      path: 'password-change',
      done: 'password_change',
      run: (by, login) => users.demandPasswordChange(parts, by, { login }),
    },
    {
      ...write,
      path: 'factors/reset',
      done: 'factors_reset',
      run: (by, login) => resetFactors(parts, by, { login }),
    },
    {
      ...end,
      path: 'sessions/end',
      done: 'session_ended',
      run: (by, _login, { id = '' }) => endSession(parts, by, { id }),
    },
    {
      ...end,
      path: 'sessions/end-all',
      done: 'sessions_ended',
      run: (by, login) => endSessionsOf(parts, by, { login }),
    },
    {
      ...end,
      path: 'tokens/revoke',
      done: 'token_revoked',
      run: (by, _login, { id = '' }) => revokeToken(parts, by, { id }),
    },
  ]
}

function actionRoute(app: FastifyInstance, parts: PeopleParts, { path, access, isDangerous, done, run }: Action): void {
  app.post(`/admin/users/:login/${path}`, { config: { access } }, async (request, reply) => {
    const { login } = await users.getUser(parts, loginOf(request.params))
    const fresh = { formPath: pagePath(parts, login) }
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: FORM, ...(isDangerous && { fresh }) })
    if (form === null) return reply
    const { visitor, fields } = form
    const tried = await tryTo(() => run(visitor.principal, login, fields as Fields))
    if (tried.kind === 'refused') return showUser(parts, reply, { login, typed: {}, refusal: tried })
    return backTo(reply, pagePath(parts, login), done)
  })
}

function profileRoute(app: FastifyInstance, parts: PeopleParts): void {
  app.post('/admin/users/:login/profile', { config: { access: 'postern.users:write' } }, async (request, reply) => {
    const { login } = await users.getUser(parts, loginOf(request.params))
    const fresh = { formPath: pagePath(parts, login), keep: ['name', 'email'] as const }
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: PROFILE, fresh })
    if (form === null) return reply
    const { name, email, version } = form.fields
    const expect = (found: string): void => {
      if (found !== version) throw new PosternError('changed_since')
    }
    const change = { login, name, expect, ...(email !== undefined && { email }) }
    const tried = await tryTo(() => users.editUser(parts, form.visitor.principal, change))
    if (tried.kind === 'refused') return showUser(parts, reply, { login, typed: { name, email }, refusal: tried })
    return backTo(reply, pagePath(parts, login), 'user_saved')
  })
}

function deleteRoute(app: FastifyInstance, parts: PeopleParts): void {
  app.post('/admin/users/:login/delete', { config: { access: 'postern.users:write' } }, async (request, reply) => {
    const { login } = await users.getUser(parts, loginOf(request.params))
    const fresh = { formPath: pagePath(parts, login) }
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: FORM, fresh })
    if (form === null) return reply
    const { confirm = '' } = form.fields
    const tried = await tryTo(async () => {
      if (canonical(confirm) !== login)
        throw new UserFieldsError({ confirm: `Type the login ${login} to delete the account.` })
      await users.deleteUser(parts, form.visitor.principal, { login })
    })
    if (tried.kind === 'refused') return showUser(parts, reply, { login, typed: { confirm }, refusal: tried })
    return backTo(reply, `${consoleBase(parts)}/users`, 'user_deleted')
  })
}

function resetLinkRoute(app: FastifyInstance, parts: PeopleParts): void {
  app.post('/admin/users/:login/reset-link', { config: { access: 'postern.users:write' } }, async (request, reply) => {
    const { login } = await users.getUser(parts, loginOf(request.params))
    const backHref = pagePath(parts, login)
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: FORM, fresh: { formPath: backHref } })
    if (form === null) return reply
    const tried = await tryTo(() => resetLink(parts, form.visitor.principal, { login }))
    if (tried.kind === 'refused') return showUser(parts, reply, { login, typed: {}, refusal: tried })
    const { console, frame } = await openConsole(parts, request)
    const title = frame.words.say('handed.title_reset', { login })
    const crumbs = [
      { text: frame.words.say('console.users'), path: 'users' },
      { text: login, path: `users/${login}` },
    ]
    reply.headers(portalHeaders({ secure: parts.cookies.secure, scripted: true }))
    return sendHtml(reply, 200, linkPage({ frame, console, title, link: tried.value.link, crumbs, backHref }))
  })
}

async function showUser(
  parts: PeopleParts,
  reply: FastifyReply,
  { login, typed, refusal }: { readonly login: string; readonly typed: TypedOfUser; readonly refusal: Refusal },
): Promise<FastifyReply> {
  const { console, frame, visitor } = await openConsole(parts, reply.request)
  mustSee(console, 'postern.users:read', refusal)
  const facts = await readUser(parts, { console, visitor }, login)
  const csrf = csrfField(parts, PURPOSE, visitor)
  return sendHtml(reply, refusal.status, userPage({ frame, console, facts, csrf, typed, refusal }))
}

function pagePath(parts: PeopleParts, login: string): string {
  return `${consoleBase(parts)}/users/${login}`
}

function oneRole(role: string | undefined): string {
  if (role === undefined || role === '') throw new UserFieldsError({ role: 'Choose a role.' })
  return role
}
