import type { FastifyInstance, FastifyReply } from 'fastify'
import type { BoundedEvents } from '../audit/bounded-events.ts'
import { PosternError } from '../errors.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { confirmEmail, emailFault, emailOf, ownEmail, requestEmail, stopEmailChange } from '../recovery/email-change.ts'
import type { RecoveryParts } from '../recovery/parts.ts'
import { findLink } from '../recovery/user-links.ts'
import type { LinkOwner } from '../recovery/user-links.ts'
import { bodySchema, parseBody, textField } from '../web/body.ts'
import { clientOf } from '../web/client.ts'
import { hideAddress, refuseCrossSiteLink } from '../web/link-page.ts'
import { formOf, formToken, frameOf, isOwnForm, sendHtml } from '../web/pages.ts'
import { openShell } from './account-page.ts'
import { emailDonePage, emailLinkPage, emailPage } from './email-page.ts'
import type { EmailPage } from './email-page.ts'
import { noteProofRefused } from './proof-refused.ts'
import { proveAnewHref } from '../web/prove-anew.ts'
import type { ProveParts } from '../web/prove-anew.ts'
import { ownForm, signedInVisitor } from './visitor.ts'
import type { AccountVisitor } from './visitor.ts'

export type EmailParts = RecoveryParts &
  ProveParts & {
    readonly events: Pick<BoundedEvents, 'note'>
    /** The policy in force. */
    readonly policy: () => Pick<CompiledPolicy, 'roles'>
  }

const CHANGE_FORM = bodySchema({ email: textField(4_096), csrf: textField(256) })
const LINK_FORM = bodySchema({ token: textField(256), csrf: textField(256) })
const PURPOSE = 'email'
const SIGNED_IN = { config: { access: 'signed_in' } } as const
const ANYONE = { config: { access: 'anyone' } } as const

type Shown = Pick<EmailPage, 'entered' | 'sentTo'>

/** What each link is for, and how it is used. */
const LINKS = {
  confirm: { purpose: 'email', use: confirmEmail },
  stop: { purpose: 'email_stop', use: stopEmailChange },
} as const

/** `/account/email`: one's own address, and the pages behind the links that are sent because of it. */
export function emailRoutes(app: FastifyInstance, parts: EmailParts): void {
  const action = `${parts.entrances.portal.paths.base}/account/email`
  const show = async (reply: FastifyReply, visitor: AccountVisitor, shown: Shown): Promise<FastifyReply> => {
    const own = await ownEmail(parts.database, visitor.principal.userId)
    const proveHref = await proveAnewHref(parts, visitor, action)
    const csrf = formToken(parts, PURPOSE, visitor.token)
    const { sendsMails } = parts
    const markup = emailPage({
      shell: openShell(parts, reply.request, visitor.principal),
      action,
      csrf,
      sendsMails,
      proveHref,
      ...own,
      ...shown,
    })
    return sendHtml(reply, shown.entered === null ? 200 : 400, markup)
  }

  app.get('/account/email', SIGNED_IN, async (request, reply) =>
    show(reply, await signedInVisitor(parts, request), { entered: null, sentTo: null }),
  )

  app.post('/account/email', SIGNED_IN, async (request, reply) => {
    const { visitor, fields } = await ownForm(parts, request, { purpose: PURPOSE, schema: CHANGE_FORM })
    if (!parts.sendsMails) return reply.redirect(action, 303)
    if ((await proveAnewHref(parts, visitor, action)) !== null) {
      await noteProofRefused(parts, request, visitor)
      return reply.redirect(action, 303)
    }
    const { email } = fields
    const fault = emailFault(email)
    if (fault !== null) return show(reply, visitor, { entered: { email, fault }, sentTo: null })
    await requestEmail(parts, visitor.principal, email, clientOf(parts, request))
    return show(reply, visitor, { entered: null, sentTo: email.trim() })
  })

  linkRoutes(app, parts, 'confirm')
  linkRoutes(app, parts, 'stop')
}

function linkRoutes(app: FastifyInstance, parts: EmailParts, name: keyof typeof LINKS): void {
  const { purpose, use } = LINKS[name]
  const { base, home: homeHref } = parts.entrances.portal.paths
  const path = `/account/email/${name}`
  const getOwner = async (token: string): Promise<LinkOwner> => {
    const owner = await findLink(parts.database, parts.keys, purpose, token)
    if (owner === null) throw new PosternError('reset_link_not_valid')
    return owner
  }

  app.get<{ Params: { token: string } }>(`${path}/:token`, ANYONE, async (request, reply) => {
    hideAddress(reply)
    const { token } = request.params
    const owner = await getOwner(token)
    const form = { action: `${base}${path}`, csrf: formToken(parts, purpose, token), token }
    const about = { login: owner.login, email: emailOf(owner), purpose: name }
    return sendHtml(reply, 200, emailLinkPage({ frame: frameOf(parts, request), homeHref, ...form, ...about }))
  })

  app.post(path, ANYONE, async (request, reply) => {
    hideAddress(reply)
    refuseCrossSiteLink(parts, request)
    const parsed = parseBody(LINK_FORM, formOf(request))
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const { token, csrf } = parsed.value
    const used = isOwnForm(parts, purpose, token, csrf) && (await use(parts, token, clientOf(parts, request)))
    if (!used) throw new PosternError('reset_link_not_valid')
    return sendHtml(reply, 200, emailDonePage({ frame: frameOf(parts, request), homeHref, purpose: name }))
  })
}
