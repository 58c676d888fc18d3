import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import type { Devices } from '../limits/devices.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { bodySchema, optionalTextField, textField } from '../web/body.ts'
import { clientOf } from '../web/client.ts'
import type { ClientParts } from '../web/client.ts'
import { cookieHeaders, formToken, frameOf, sendHtml, setSessionCookie } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'
import { portalHeaders } from '../web/security-headers.ts'
import { openShell } from './account-page.ts'
import { changePassword } from './change-password.ts'
import type { ChangePasswordParts } from './change-password.ts'
import { passwordChangedPage, passwordPage } from './password-page.ts'
import type { PasswordProblem } from './password-page.ts'
import { ownForm, signedInVisitor } from './visitor.ts'
import type { AccountVisitor } from './visitor.ts'

export interface PasswordRouteParts extends Omit<PageParts, 'sessions'>, ChangePasswordParts, ClientParts {
  readonly sessions: PageParts['sessions'] & ChangePasswordParts['sessions']
  readonly devices: Pick<Devices, 'read'>
  /** The policy in force. */
  readonly policy: () => Pick<CompiledPolicy, 'roles'>
}

const PURPOSE = 'password'
const SIGNED_IN = { config: { access: 'signed_in' } } as const
const MAX_FIELD = 8_192
const FORM = bodySchema({
  csrf: textField(256),
  username: optionalTextField(256),
  current: textField(MAX_FIELD),
  password: textField(MAX_FIELD),
})
const STRENGTH_FORM = bodySchema({ csrf: textField(256), password: textField(MAX_FIELD) })

/** `/account/password`: changing one's own password, and the meter beside its field. */
export function passwordRoutes(app: FastifyInstance, parts: PasswordRouteParts): void {
  const { base } = parts.entrances.portal.paths
  const action = `${base}/account/password`
  const tokensHref = `${base}/account/api-tokens`
  const { rules } = parts.newPasswords
  const show = (
    reply: FastifyReply,
    { principal, token }: AccountVisitor,
    { status, problem }: { status: number; problem: PasswordProblem | null },
  ): FastifyReply => {
    const csrf = formToken(parts, PURPOSE, token)
    const strengthAction = `${action}/strength`
    const shell = openShell(parts, reply.request, principal)
    const model = { shell, action, strengthAction, csrf, login: principal.login, rules, problem }
    reply.headers(portalHeaders({ secure: parts.cookies.secure, scripted: true }))
    return sendHtml(reply, status, passwordPage(model))
  }

  app.get('/account/password', SIGNED_IN, async (request, reply) =>
    show(reply, await signedInVisitor(parts, request), { status: 200, problem: null }),
  )

  app.post('/account/password', SIGNED_IN, async (request, reply) => {
    const { visitor, fields } = await ownForm(parts, request, { purpose: PURPOSE, schema: FORM })
    const shell = openShell(parts, request, visitor.principal)
    const { words } = shell.frame
    const wrong = (status: number, field: PasswordProblem['field'], sentence: string): FastifyReply =>
      show(reply, visitor, { status, problem: { field, sentence } })
    if (fields.current === '') return wrong(400, 'current', words.say('password.missing'))
    const change = await changePassword(parts, changerOf(parts, request, visitor), {
      current: fields.current,
      chosen: fields.password,
    })
    switch (change.kind) {
      case 'wrong':
        return wrong(400, 'current', words.say('password.wrong'))
      case 'refused':
        return wrong(400, 'password', words.retell(change.fault))
      case 'stopped':
        reply.header('retry-after', String(change.retryAfterS))
        return wrong(429, 'current', words.say('password.stopped'))
      case 'changed':
        setSessionCookie(parts.cookies, reply, parts.entrances.portal.hostName, change.session)
        return sendHtml(reply, 200, passwordChangedPage({ shell, tokensHref }))
    }
  })

  app.post('/account/password/strength', SIGNED_IN, async (request, reply) => {
    const { visitor, fields } = await ownForm(parts, request, { purpose: PURPOSE, schema: STRENGTH_FORM })
    if (fields.password === '') throw new PosternError('bad_request', 'an empty password')
    const { login, email } = visitor.principal
    // The reasons that the meter gives are in English alone.
    const { words } = frameOf(parts, request)
    const { score, warning, isCommon } = await parts.newPasswords.strength(fields.password, { login, email })
    return reply.send({
      status: 'ok',
      data: { score: isCommon ? 0 : score, warning: words.tag === 'en' ? warning : null },
    })
  })
}

function changerOf(
  parts: PasswordRouteParts,
  request: FastifyRequest,
  { principal }: AccountVisitor,
): Parameters<typeof changePassword>[1] {
  return { principal, ...clientOf(parts, request), deviceHash: parts.devices.read(cookieHeaders(request)) }
}
