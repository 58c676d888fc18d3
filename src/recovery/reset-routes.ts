import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import { bodySchema, parseBody, textField } from '../web/body.ts'
import { clientOf } from '../web/client.ts'
import { hideAddress, refuseCrossSiteLink } from '../web/link-page.ts'
import { formOf, formToken, frameOf, isOwnForm, refuseCrossSite, sendHtml } from '../web/pages.ts'
import { findPreSignIn, keepPreSignIn } from '../web/pre-sign-in.ts'
import type { RecoveryParts } from './parts.ts'
import { mayAskForReset } from './mail-limits.ts'
import { newPasswordPage, resetDonePage, resetRequestPage, resetSentPage } from './reset-page.ts'
import { completeReset, readLoginOrEmail, requestReset } from './reset.ts'
import { findLink } from './user-links.ts'
import type { LinkOwner } from './user-links.ts'

const MAX_FIELD = 4_096
const REQUEST_FORM = bodySchema({ username: textField(MAX_FIELD), csrf: textField(256) })
const PASSWORD_FORM = bodySchema({ password: textField(MAX_FIELD), token: textField(256), csrf: textField(256) })
const REQUEST = 'reset-request'
const RESET = 'reset'

/** `/reset`: asking for a link where there is a mail server, and the page behind a link wherever it came from. */
export function resetRoutes(app: FastifyInstance, parts: RecoveryParts): void {
  const { base, signIn: signInHref } = parts.entrances.portal.paths
  if (parts.sendsMails) requestRoutes(app, parts)

  const ask = (reply: FastifyReply, token: string, owner: LinkOwner, fault: string | null): FastifyReply => {
    hideAddress(reply)
    const { passwordMinLength: minPasswordLength } = parts
    const form = { action: `${base}/reset/password`, csrf: formToken(parts, RESET, token), token }
    const markup = newPasswordPage({
      frame: frameOf(parts, reply.request),
      ...form,
      login: owner.login,
      minPasswordLength,
      fault,
    })
    return sendHtml(reply, fault === null ? 200 : 400, markup)
  }

  app.get<{ Params: { token: string } }>('/reset/:token', { config: { access: 'anyone' } }, async (request, reply) => {
    hideAddress(reply)
    const { token } = request.params
    return ask(reply, token, await getOwner(parts, token), null)
  })

  app.post('/reset/password', { config: { access: 'anyone' } }, async (request, reply) => {
    hideAddress(reply)
    refuseCrossSiteLink(parts, request)
    const parsed = parseBody(PASSWORD_FORM, formOf(request))
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const { token, csrf, password } = parsed.value
    if (!isOwnForm(parts, RESET, token, csrf)) throw new PosternError('reset_link_not_valid', 'form token')
    const owner = await getOwner(parts, token)
    const fault = await parts.newPasswordFault(password, owner)
    if (fault !== null) return ask(reply, token, owner, fault)
    if (!(await completeReset(parts, token, password, clientOf(parts, request))))
      throw new PosternError('reset_link_not_valid', 'used meanwhile')
    parts.log.info({ login: owner.login }, 'password reset by a link')
    return sendHtml(
      reply,
      200,
      resetDonePage({ frame: frameOf(parts, request), signInHref, tokensHref: `${base}/account/api-tokens` }),
    )
  })
}

function requestRoutes(app: FastifyInstance, parts: RecoveryParts): void {
  const { base, signIn: signInHref } = parts.entrances.portal.paths
  const show = (
    request: FastifyRequest,
    reply: FastifyReply,
    { status, username, fault }: { status: number; username: string; fault: string | null },
  ): FastifyReply => {
    const csrf = formToken(parts, REQUEST, keepPreSignIn(parts.cookies, request, reply))
    const action = `${base}/reset`
    return sendHtml(
      reply,
      status,
      resetRequestPage({ frame: frameOf(parts, request), action, csrf, signInHref, username, fault }),
    )
  }

  app.get('/reset', { config: { access: 'anyone' } }, async (request, reply) =>
    show(request, reply, { status: 200, username: '', fault: null }),
  )

  app.post('/reset', { config: { access: 'anyone' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    const parsed = parseBody(REQUEST_FORM, formOf(request))
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const { username, csrf } = parsed.value
    const { words } = frameOf(parts, request)
    const again = (status: number, fault: 'nothing_entered' | 'form_expired'): FastifyReply =>
      show(request, reply, { status, username, fault: words.say(`reset.${fault}`) })
    if (!isOwnForm(parts, REQUEST, findPreSignIn(parts.cookies, request), csrf)) return again(403, 'form_expired')
    const loginOrEmail = readLoginOrEmail(username)
    if (loginOrEmail === null) return again(400, 'nothing_entered')
    if (await mayAskForReset(parts, loginOrEmail)) await requestReset(parts, loginOrEmail, clientOf(parts, request))
    return sendHtml(reply, 200, resetSentPage({ frame: frameOf(parts, request), signInHref }))
  })
}

/** @throws PosternError `reset_link_not_valid`, the same for all that don't count */
async function getOwner({ database, keys }: RecoveryParts, token: string): Promise<LinkOwner> {
  const owner = await findLink(database, keys, 'reset', token)
  if (owner === null) throw new PosternError('reset_link_not_valid')
  return owner
}
