import type { FastifyInstance } from 'fastify'
import { PosternError } from '../errors.ts'
import { bodySchema, parseBody, textField } from '../web/body.ts'
import { forbiddenPage } from './forbidden-page.ts'
import { formOf, formToken, isOwnForm, portalPaths, refuseCrossSite, sendHtml, visitorOf } from './portal.ts'
import type { PortalParts } from './portal.ts'
import { signOut } from './sign-out.ts'
import { signedOutPage, signOutPage } from './sign-out-page.ts'
import { signedInPage } from './signed-in-page.ts'

const SIGN_OUT_FORM = bodySchema({ csrf: textField(256) })
const PURPOSE = 'sign-out'
const DECISION_ID = /^[0-9a-f]{12}$/

/** The portal's start page, signing out, and what people see who may not open something. */
export function sessionRoutes(app: FastifyInstance, parts: PortalParts): void {
  const paths = portalPaths(parts.publicUrl)

  app.get('/', { config: { access: 'anyone' } }, async (request, reply) => {
    const { principal, token } = await visitorOf(parts, request)
    if (principal === null || token === null) return reply.redirect(paths.signIn, 302)
    const { login, name, email } = principal
    const csrf = formToken(parts, PURPOSE, token)
    return sendHtml(
      reply,
      200,
      signedInPage({ assetBase: paths.assets, login, name, email, signOutAction: paths.signOut, csrf }),
    )
  })

  app.get('/logout', { config: { access: 'anyone' } }, async (request, reply) => {
    const { principal, token } = await visitorOf(parts, request)
    if (principal === null || token === null)
      return sendHtml(reply, 200, signedOutPage({ assetBase: paths.assets, signInHref: paths.signIn }))
    const csrf = formToken(parts, PURPOSE, token)
    return sendHtml(
      reply,
      200,
      signOutPage({
        assetBase: paths.assets,
        action: paths.signOut,
        csrf,
        login: principal.login,
        homeHref: paths.home,
      }),
    )
  })

  app.post('/logout', { config: { access: 'anyone' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    const parsed = parseBody(SIGN_OUT_FORM, formOf(request))
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const visitor = await visitorOf(parts, request)
    // Nobody is signed in any more: there is nothing that a forged form could end.
    if (visitor.token !== null && !isOwnForm(parts, PURPOSE, visitor.token, parsed.value.csrf)) {
      throw new PosternError('cross_site_request', 'form token of sign-out')
    }
    await signOut(parts, visitor, reply)
    return sendHtml(reply, 200, signedOutPage({ assetBase: paths.assets, signInHref: paths.signIn }))
  })

  app.get('/forbidden', { config: { access: 'anyone' } }, async (request, reply) => {
    const said = request.headers['x-postern-decision']?.toString() ?? ''
    const { principal } = await visitorOf(parts, request)
    const decisionId = DECISION_ID.test(said) ? said : null
    return sendHtml(
      reply,
      403,
      forbiddenPage({ assetBase: paths.assets, decisionId, login: principal?.login ?? null, signInHref: paths.signIn }),
    )
  })
}
