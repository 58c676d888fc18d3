import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import { bodySchema, parseBody, textField } from '../web/body.ts'
import { formOf, frameOf, isOwnForm, refuseCrossSite, sendHtml, setSessionCookie, visitorOf } from '../web/pages.ts'
import type { Visitor } from '../web/pages.ts'
import { afterSignIn, openReturn, stepUrl } from './onward.ts'
import { noFactorPage } from './no-factor-page.ts'
import { visitOf } from './portal.ts'
import type { PortalParts } from './portal.ts'
import { askSecondFactor, readFactor, readSecondFactorForm } from './second-factor-form.ts'
import type { SecondFactorQuestion } from './second-factor-form.ts'
import { askForStepUp, stepUp } from './step-up.ts'
import type { Climber } from './step-up.ts'

interface Query {
  Querystring: Record<string, string>
}

const STEP = 'step-up'
const OPTIONS_FORM = bodySchema({ csrf: textField(256) })

/** `/login/step-up`: a further factor of somebody who is signed in, for a rule that asks for two. */
export function stepUpRoutes(app: FastifyInstance, parts: PortalParts): void {
  const { portal } = parts.entrances
  app.get<Query>('/login/step-up', { config: { access: 'anyone' } }, async (request, reply) => {
    const rd = request.query['rd'] ?? null
    const climber = climberOf(await visitorOf(parts, request))
    if (climber === null) return toSignIn(parts, reply, rd)
    if (Object.keys(climber.principal.factors).length > 1) return reply.redirect(afterSignIn(parts, rd), 302)
    const wants = readFactor(request.query['with'] ?? null)
    return ask(parts, reply, climber, { rd, wants, problem: null })
  })

  app.post('/login/step-up', { config: { access: 'anyone' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    const { csrf, rd, wants, proof } = readSecondFactorForm(request)
    const climber = climberOf(await visitorOf(parts, request))
    if (climber === null) return toSignIn(parts, reply, rd)
    const again = (problem: SecondFactorQuestion['problem']): Promise<FastifyReply> =>
      ask(parts, reply, climber, { rd, wants, problem })
    if (!isOwnForm(parts, STEP, climber.token, csrf)) return again('form_expired')
    if (proof === null) return again('missing')
    const outcome = await stepUp(parts, climber, { visit: await visitOf(parts, request), proof })
    if (outcome.kind === 'expired') return toSignIn(parts, reply, rd)
    if (outcome.kind === 'stopped') reply.header('retry-after', String(outcome.retryAfterS))
    if (outcome.kind !== 'raised') return again(outcome.kind)
    setSessionCookie(parts.cookies, reply, portal.hostName, outcome.session)
    return reply.redirect(afterSignIn(parts, rd), 303)
  })

  app.post('/login/step-up/passkey', { config: { access: 'anyone' } }, async (request, reply) =>
    reply.send(await passkeyOptions(parts, request)),
  )
}

async function passkeyOptions(parts: PortalParts, request: FastifyRequest): Promise<object> {
  refuseCrossSite(parts, request)
  const parsed = parseBody(OPTIONS_FORM, formOf(request))
  if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
  const climber = climberOf(await visitorOf(parts, request))
  if (climber === null) throw new PosternError('not_signed_in')
  if (!isOwnForm(parts, STEP, climber.token, parsed.value.csrf))
    throw new PosternError('cross_site_request', 'form token of a step-up')
  return askForStepUp(parts, climber)
}

function climberOf({ principal, token }: Visitor): Climber | null {
  return principal === null ? null : { principal, token }
}

function toSignIn(parts: PortalParts, reply: FastifyReply, rd: string | null): FastifyReply {
  const { signIn } = parts.entrances.portal.paths
  return reply.redirect(openReturn(parts, rd) === null ? signIn : `${signIn}?rd=${rd}`, 303)
}

type Asked = Pick<SecondFactorQuestion, 'rd' | 'wants' | 'problem'>

async function ask(parts: PortalParts, reply: FastifyReply, climber: Climber, asked: Asked): Promise<FastifyReply> {
  const { paths } = parts.entrances.portal
  const owned = await parts.factors.ownedBy(parts.database, climber.principal.userId)
  if (owned.length === 0) {
    const host = openReturn(parts, asked.rd)?.host ?? null
    const againHref = stepUrl(parts, STEP, asked.rd)
    const enrolHref = `${paths.base}/account/factors`
    return sendHtml(reply, 403, noFactorPage({ frame: frameOf(parts, reply.request), host, enrolHref, againHref }))
  }
  const question = { ...asked, step: STEP, title: 'second_factor.title_step_up', token: climber.token, owned } as const
  return askSecondFactor(parts, reply, { ...question, offersTrust: false, cancelHref: paths.home })
}
