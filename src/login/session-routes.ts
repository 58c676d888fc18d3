import type { FastifyInstance } from 'fastify'
import { PosternError } from '../errors.ts'
import { currentNotices } from '../policies/app-notices.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import type { Database } from '../store/database.ts'
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
import type { PageParts } from '../web/pages.ts'
import { forbiddenPage } from './forbidden-page.ts'
import type { PortalParts } from './portal.ts'
import { signOut } from './sign-out.ts'
import { signedOutPage, signOutPage } from './sign-out-page.ts'

/** What the page for those is built from who may not open something. */
export interface ForbiddenParts extends PageParts {
  readonly database: Database
  /** The policy in force. */
  readonly policy: () => Pick<CompiledPolicy, 'hosts'>
}

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
export function forbiddenRoutes(app: FastifyInstance, parts: ForbiddenParts): void {
  const { portal } = parts.entrances
  app.get('/forbidden', { config: { access: 'anyone' } }, async (request, reply) => {
    const said = request.headers['x-postern-decision']?.toString() ?? ''
    const { kind, paths, hostName } = entranceOf(parts, request)
    const { principal } = await visitorOf(parts, request)
    const decisionId = DECISION_ID.test(said) ? said : null
    // From an app's host straight to the portal: its own start would only lead back whoever is signed in.
    const signInHref = kind === 'portal' ? paths.signIn : portal.origin + portal.paths.signIn
    const login = principal?.login ?? null
    const notice = await noticeOn(parts, hostName)
    const frame = frameOf(parts, request)
    return sendHtml(reply, 403, forbiddenPage({ frame, decisionId, login, signInHref, notice }))
  })
}

/** Whoever may not open something is told so in any case, even where no notice can be read. */
async function noticeOn({ database, policy }: ForbiddenParts, hostName: string): Promise<string | null> {
  const app = policy().hosts.find({ name: hostName, port: null })
  if (typeof app === 'string') return null
  try {
    return (await currentNotices(database)).get(app.name)?.text ?? null
  } catch (error) {
    if (error instanceof PosternError) return null
    throw error
  }
}
