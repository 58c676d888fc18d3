import type { FastifyInstance, FastifyReply } from 'fastify'
import { clearAttempts, listAttempts } from '../administration/attempts.ts'
import { PosternError } from '../errors.ts'
import { bodySchema, textField } from '../web/body.ts'
import { sendHtml } from '../web/pages.ts'
import { attemptsPage } from './attempts-page.ts'
import type { AttemptsPage } from './attempts-page.ts'
import { backTo, consoleForm, csrfField } from './console-form.ts'
import { consoleBase, openConsole } from './console.ts'
import { askedFor, CSRF, NOT_REFUSED, PURPOSE, tryTo, withinReach } from './user-parts.ts'
import type { PeopleParts, Refusal } from './user-parts.ts'

const ACCESS = { config: { access: 'postern.attempts:clear' } } as const
const LIFT = bodySchema({ csrf: CSRF, login: textField(254), network: textField(254) })
const MOST = 200

/** `/admin/attempts`: who failed to sign in, and whom that stops. */
export function attemptsRoutes(app: FastifyInstance, parts: PeopleParts): void {
  const formPath = `${consoleBase(parts)}/attempts`
  app.get('/admin/attempts', ACCESS, (request, reply) => {
    const query = { login: askedFor(request.query, 'login'), network: askedFor(request.query, 'network') }
    return show(parts, reply, query, NOT_REFUSED)
  })

  app.post('/admin/attempts', ACCESS, async (_request, reply) => {
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: LIFT, fresh: { formPath } })
    if (form === null) return reply
    const { login, network } = form.fields
    // All of them at once is for operators at a shell.
    if (login === '' && network === '') throw new PosternError('bad_request', 'neither login nor network')
    const question = { ...(login !== '' && { login }), ...(network !== '' && { network }) }
    const tried = await tryTo(() => clearAttempts(parts, form.visitor.principal, question))
    if (tried.kind === 'refused') return show(parts, reply, { login: '', network: '' }, tried)
    return backTo(reply, formPath, 'attempts_cleared')
  })
}

async function show(
  parts: PeopleParts,
  reply: FastifyReply,
  query: AttemptsPage['query'],
  refusal: Refusal,
): Promise<FastifyReply> {
  const { console, frame, visitor } = await openConsole(parts, reply.request)
  const { login, network } = query
  const question = { ...(login !== '' && { login }), ...(network !== '' && { network }) }
  const found = await tryTo(async () => listAttempts(parts, question))
  const attempts = found.kind === 'done' ? found.value : []
  const logins = attempts.flatMap((each) => (each.login === null ? [] : [each.login]))
  const model = {
    frame,
    console,
    query,
    attempts,
    most: MOST,
    withinReach: await withinReach(parts, visitor, logins),
    csrf: csrfField(parts, PURPOSE, visitor),
    refusal: found.kind === 'done' ? refusal : found,
  }
  return sendHtml(reply, model.refusal.status, attemptsPage(model))
}
