import type { FastifyInstance, FastifyReply } from 'fastify'
import { grantRole, listGrants, revokeGrant } from '../administration/grants.ts'
import { PosternError } from '../errors.ts'
import { UserFieldsError } from '../users/users.ts'
import { bodySchema, textField } from '../web/body.ts'
import { sendHtml } from '../web/pages.ts'
import { backTo, consoleForm, csrfField } from './console-form.ts'
import { consoleBase, openConsole } from './console.ts'
import { GRANT_HOURS, grantsPage } from './grants-page.ts'
import type { GrantsPage } from './grants-page.ts'
import { askedFor, askedOneOf, CSRF, filledIn, givableRoles, ID_FORM, mustSee } from './user-parts.ts'
import { NOT_REFUSED, PAGE_SIZE, PURPOSE, tryTo, withinReach } from './user-parts.ts'
import type { PeopleParts, Refusal } from './user-parts.ts'

const READ = { config: { access: 'postern.users:read' } } as const
const WRITE = { config: { access: 'postern.users:write' } } as const
const NEW = bodySchema({
  csrf: CSRF,
  login: textField(256),
  role: textField(256),
  hours: textField(8),
  reason: textField(2_048),
})
const HOUR_MS = 3_600_000
const NEW_VALUES = { login: '', role: '', hours: '8', reason: '' }
const ALL = { login: '', role: '', holds: '' }

/** `/admin/grants`: roles for a while. */
export function grantsRoutes(app: FastifyInstance, parts: PeopleParts): void {
  const formPath = `${consoleBase(parts)}/grants`
  app.get('/admin/grants', READ, (request, reply) => {
    const { query: given } = request
    const asked = (name: 'login' | 'role'): string => askedFor(given, name, 500)
    const filled = (name: keyof typeof NEW_VALUES): string => filledIn(request, name, 500)
    const query = { login: asked('login'), role: asked('role'), holds: askedOneOf(given, 'holds', ['true', 'false']) }
    const hours = filled('hours') || NEW_VALUES.hours
    const values = { login: filled('login'), role: filled('role'), hours, reason: filled('reason') }
    return show(parts, reply, { query, after: askedFor(given, 'after'), values, refusal: NOT_REFUSED })
  })

  app.post('/admin/grants', WRITE, async (_request, reply) => {
    const fresh = { formPath, keep: ['login', 'role', 'hours', 'reason'] as const }
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: NEW, fresh })
    if (form === null) return reply
    const { csrf: _csrf, ...values } = form.fields
    const { login, role, reason } = values
    const until = new Date(Date.now() + hoursOf(values.hours) * HOUR_MS)
    const about = { login, role, reason, until }
    const tried = await tryTo(async () => {
      if (role === '') throw new UserFieldsError({ role: 'Choose a role.' })
      return orNobody(grantRole(parts, form.visitor.principal, about))
    })
    if (tried.kind === 'refused') return show(parts, reply, { query: ALL, after: '', values, refusal: tried })
    return backTo(reply, formPath, 'granted')
  })

  app.post('/admin/grants/revoke', WRITE, async (_request, reply) => {
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: ID_FORM })
    if (form === null) return reply
    const { id } = form.fields
    const tried = await tryTo(() => revokeGrant(parts, form.visitor.principal, { id }))
    if (tried.kind === 'refused')
      return show(parts, reply, { query: ALL, after: '', values: NEW_VALUES, refusal: tried })
    return backTo(reply, formPath, 'grant_revoked')
  })
}

interface Shown extends Pick<GrantsPage, 'query' | 'values'> {
  readonly after: string
  readonly refusal: Refusal
}

async function show(parts: PeopleParts, reply: FastifyReply, shown: Shown): Promise<FastifyReply> {
  const { query, after, values, refusal } = shown
  const { console, frame, visitor } = await openConsole(parts, reply.request)
  mustSee(console, 'postern.users:read', refusal)
  const { items, next } = await listGrants(parts, {
    limit: PAGE_SIZE,
    ...(query.login !== '' && { login: query.login }),
    ...(query.role !== '' && { role: query.role }),
    ...(query.holds !== '' && { holds: query.holds === 'true' }),
    ...(after !== '' && { after }),
  })
  const logins = items.map(({ login }) => login)
  const model = {
    frame,
    console,
    query,
    values,
    refusal,
    grants: items,
    after: next,
    isFirst: after === '',
    withinReach: await withinReach(parts, visitor, logins),
    roles: [...parts.policies.current().roles.keys()],
    givable: givableRoles(parts, visitor),
    csrf: csrfField(parts, PURPOSE, visitor),
  }
  return sendHtml(reply, refusal.status, grantsPage(model))
}

/** @throws PosternError `bad_request` for what the form doesn't offer */
function hoursOf(text: string): number {
  const hours = GRANT_HOURS.find((each) => String(each) === text)
  if (hours === undefined) throw new PosternError('bad_request', 'field hours')
  return hours
}

/** Nobody by that login is a fault of the field here, not of the address. */
async function orNobody<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof PosternError) || error.code !== 'unknown_user') throw error
    throw new UserFieldsError({ login: 'There is nobody with this login.' })
  }
}
