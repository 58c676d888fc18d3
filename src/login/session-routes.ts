import type { FastifyInstance } from 'fastify'
import { PosternError } from '../errors.ts'
import { bodySchema, parseBody, textField } from '../web/body.ts'
import {
  entranceOf,
  formOf,
  formToken,
  frameOf,
  isOwnForm,
  refuseCrossSite,
  sendHtml,
  visitorOf,
} from '../web/pages.ts'
import { forbiddenPage } from './forbidden-page.ts'
import type { PortalParts } from './portal.ts'
import { signOut } from './sign-out.ts'
import { signedOutPage, signOutPage } from './sign-out-page.ts'

const SIGN_OUT_FORM = bodySchema({ csrf: textField(256) })
const PURPOSE = 'sign-out'
const DECISION_ID = /^[0-9a-f]{12}$/

/** Signing out, on the portal and on every app's own host alike: it ends the sign-in wherever it was used. */
export function signOutRoutes(app: FastifyInstance, parts: PortalParts): void {
  app.get('/logout', { config: { access: 'anyone' } }, async (request, reply) => {
    const { paths } = entranceOf(parts, request)
    const { signIn: signInHref, signOut: action, home: homeHref } = paths
    const { principal, token } = await visitorOf(parts, request)
    if (principal === null) return sendHtml(reply, 200, signedOutPage({ frame: frameOf(parts, request), signInHref }))
    const csrf = formToken(parts, PURPOSE, token)
    return sendHtml(
      reply,
      200,
      signOutPage({ frame: frameOf(parts, request), action, csrf, login: principal.login, homeHref }),
    )
  })

  app.post('/logout', { config: { access: 'anyone' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    const parsed = parseBody(SIGN_OUT_FORM, formOf(request))
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const { token } = await visitorOf(parts, request)
    // Nobody is signed in any more: there is nothing that a forged form could end.
    if (token !== null && !isOwnForm(parts, PURPOSE, token, parsed.value.csrf)) {
      throw new PosternError('cross_site_request', 'form token of sign-out')
    }
    await signOut(parts, request, reply)
    const { paths } = entranceOf(parts, request)
    return sendHtml(reply, 200, signedOutPage({ frame: frameOf(parts, request), signInHref: paths.signIn }))
  })
}

/** What people see who may not open something, on the host that it is on. */
export function forbiddenRoutes(app: FastifyInstance, parts: PortalParts): void {
  const { portal } = parts.entrances
  app.get('/forbidden', { config: { access: 'anyone' } }, async (request, reply) => {
    const said = request.headers['x-postern-decision']?.toString() ?? ''
    const { kind, paths } = entranceOf(parts, request)
    const { principal } = await visitorOf(parts, request)
    const decisionId = DECISION_ID.test(said) ? said : null
    // From an app's host straight to the portal: its own start would only lead back whoever is signed in.
    const signInHref = kind === 'portal' ? paths.signIn : portal.origin + portal.paths.signIn
    const login = principal?.login ?? null
    return sendHtml(reply, 403, forbiddenPage({ frame: frameOf(parts, request), decisionId, login, signInHref }))
  })
}
