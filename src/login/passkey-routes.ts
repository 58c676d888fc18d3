import type { FastifyInstance } from 'fastify'
import { PosternError } from '../errors.ts'
import { bodySchema, optionalTextField, parseBody, textField } from '../web/body.ts'
import { formOf, isOwnForm, refuseCrossSite } from '../web/pages.ts'
import { advance } from './onward.ts'
import { askAnyPasskey, signInByPasskey } from './passkey-sign-in.ts'
import { visitOf } from './portal.ts'
import type { PortalParts } from './portal.ts'
import { readAnswer } from './second-factor-form.ts'
import { preSignIn, showSignInForm, SIGN_IN_FORM } from './sign-in-form.ts'

const MAX_RESPONSE = 12_288
const MAX_RD = 8_192
const FORM = bodySchema({ csrf: textField(256), rd: optionalTextField(MAX_RD), response: textField(MAX_RESPONSE) })
const OPTIONS_FORM = bodySchema({ csrf: textField(256) })

/** `/login/passkey`: signing in by a passkey alone. */
export function passkeyRoutes(app: FastifyInstance, parts: PortalParts): void {
  app.post('/login/passkey/options', { config: { access: 'anyone' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    const parsed = parseBody(OPTIONS_FORM, formOf(request))
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const binding = preSignIn(parts, request)
    if (binding === null || !isOwnForm(parts, SIGN_IN_FORM, binding, parsed.value.csrf))
      throw new PosternError('cross_site_request', 'form token of the sign-in page')
    return reply.send(await askAnyPasskey(parts, binding))
  })

  app.post('/login/passkey', { config: { access: 'anyone' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    const parsed = parseBody(FORM, formOf(request))
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const { csrf, rd = null, response } = parsed.value
    const form = { rd, username: '', remember: false }
    const binding = preSignIn(parts, request)
    if (binding === null) return showSignInForm(parts, request, reply, { ...form, problem: 'cookie_missing' })
    if (!isOwnForm(parts, SIGN_IN_FORM, binding, csrf))
      return showSignInForm(parts, request, reply, { ...form, problem: 'form_expired' })
    const visit = await visitOf(parts, request)
    const outcome = await signInByPasskey(parts, { binding, response: readAnswer(response), visit })
    if (outcome.kind === 'refused')
      return showSignInForm(parts, request, reply, { ...form, problem: 'passkey_refused' })
    if (outcome.kind === 'stopped') {
      const { retryAfterS } = outcome
      return showSignInForm(parts, request, reply, { ...form, problem: 'stopped', retryAfterS })
    }
    return advance(parts, reply, outcome, rd)
  })
}
