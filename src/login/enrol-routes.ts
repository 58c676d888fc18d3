import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { totpKeyText, totpUri } from '../credentials/totp-code.ts'
import { PosternError } from '../errors.ts'
import { findGrace } from '../users/demands.ts'
import { bodySchema, optionalTextField, parseBody, textField } from '../web/body.ts'
import type { Frame } from '../web/frame.ts'
import { formOf, formToken, frameOf, isOwnForm, refuseCrossSite, sendHtml, visitorOf } from '../web/pages.ts'
import { qrCode } from '../web/qr-code.ts'
import { enrolKeyPage, enrolPage, enrolSoonPage } from './enrol-pages.ts'
import type { EnrolProblem } from './enrol-pages.ts'
import { beginEnrolment, completeEnrolment, findEnrolling } from './enrol.ts'
import { advance, afterSignIn, formHeaders, openReturn } from './onward.ts'
import type { Pending } from './pending.ts'
import { visitOf } from './portal.ts'
import type { PortalParts } from './portal.ts'
import { pendingToken, startOver } from './second-factor-routes.ts'

interface Query {
  Querystring: Record<string, string>
}

interface Enrolling {
  readonly token: string
  readonly half: Pending
}

const PURPOSE = 'enrol'
const MAX_RD = 8_192
const BEGIN_FORM = bodySchema({ csrf: textField(256), rd: optionalTextField(MAX_RD) })
const CODE_FORM = bodySchema({ csrf: textField(256), rd: optionalTextField(MAX_RD), code: textField(64) })
const STATUS_OF: Readonly<Record<EnrolProblem, number>> = { wrong: 401, missing: 400, stopped: 429, form_expired: 403 }

/** `/login/enrol`: setting up the second factor that the policy demands, for a sign-in that can't go on without it. */
export function enrolRoutes(app: FastifyInstance, parts: PortalParts): void {
  app.get<Query>('/login/enrol', { config: { access: 'anyone' } }, async (request, reply) => {
    const rd = request.query['rd'] ?? null
    const enrolling = await enrollingOf(parts, request)
    if (enrolling === null) return startOver(parts, reply, rd)
    return sendHtml(reply, 200, enrolPage({ ...formOfStep(parts, reply, enrolling, rd), action: pathOf(parts) }))
  })

  app.post('/login/enrol', { config: { access: 'anyone' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    const parsed = parseBody(BEGIN_FORM, formOf(request))
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const { csrf, rd = null } = parsed.value
    const enrolling = await enrollingOf(parts, request)
    if (enrolling === null || !isOwnForm(parts, PURPOSE, enrolling.token, csrf)) return startOver(parts, reply, rd)
    const key = await beginEnrolment(parts, enrolling.half)
    const issuer = new URL(parts.entrances.portal.origin).host
    const picture = await qrCode(
      totpUri({ key, issuer, account: enrolling.half.login }),
      frameOf(parts, request).words.say('enrol.picture'),
    )
    const frame = { ...formOfStep(parts, reply, enrolling, rd), action: `${pathOf(parts)}/confirm` }
    return sendHtml(
      reply,
      200,
      enrolKeyPage({ ...frame, key: { qrCode: picture, text: totpKeyText(key) }, problem: null }),
    )
  })

  app.post('/login/enrol/confirm', { config: { access: 'anyone' } }, (request, reply) => confirm(parts, request, reply))

  app.get<Query>('/login/enrol-soon', { config: { access: 'signed_in' } }, async (request, reply) => {
    const { principal } = await visitorOf(parts, request)
    const laterHref = afterSignIn(parts, request.query['rd'] ?? null)
    const demand = parts.policy().secondFactor
    if (principal === null || demand === null) return reply.redirect(laterHref, 302)
    const grace = await findGrace(parts.database, principal.userId, demand.graceDays)
    if (grace?.kind !== 'until') return reply.redirect(laterHref, 302)
    const { paths } = parts.entrances.portal
    const links = { frame: frameOf(parts, request), enrolHref: `${paths.base}/account/factors`, laterHref }
    return sendHtml(reply, 200, enrolSoonPage({ ...links, enforcedAt: grace.enforcedAt }))
  })
}

async function confirm(parts: PortalParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  refuseCrossSite(parts, request)
  const parsed = parseBody(CODE_FORM, formOf(request))
  if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
  const { csrf, rd = null } = parsed.value
  const code = parsed.value.code.trim()
  const enrolling = await enrollingOf(parts, request)
  if (enrolling === null) return startOver(parts, reply, rd)
  const again = (problem: EnrolProblem): FastifyReply => {
    const frame = { ...formOfStep(parts, reply, enrolling, rd), action: `${pathOf(parts)}/confirm` }
    return sendHtml(reply, STATUS_OF[problem], enrolKeyPage({ ...frame, key: null, problem }))
  }
  if (!isOwnForm(parts, PURPOSE, enrolling.token, csrf)) return again('form_expired')
  if (code === '') return again('missing')
  const outcome = await completeEnrolment(parts, enrolling.token, { visit: await visitOf(parts, request), code })
  if (outcome.kind === 'expired') return startOver(parts, reply, rd)
  if (outcome.kind === 'signed_in' || outcome.kind === 'must_change') return advance(parts, reply, outcome, rd)
  if (outcome.kind === 'stopped') reply.header('retry-after', String(outcome.retryAfterS))
  return again(outcome.kind)
}

async function enrollingOf(parts: PortalParts, request: FastifyRequest): Promise<Enrolling | null> {
  const token = pendingToken(parts, request)
  const half = token === null ? null : await findEnrolling(parts, token)
  return token === null || half === null ? null : { token, half }
}

function pathOf({ entrances }: PortalParts): string {
  return `${entrances.portal.paths.signIn}/enrol`
}

function formOfStep(
  parts: PortalParts,
  reply: FastifyReply,
  { token }: Enrolling,
  rd: string | null,
): { frame: Frame; csrf: string; rd: string | null; cancelHref: string } {
  const back = openReturn(parts, rd)
  reply.headers(formHeaders(parts, back))
  const { signIn } = parts.entrances.portal.paths
  const kept = back === null ? null : rd
  const cancelHref = kept === null ? signIn : `${signIn}?rd=${kept}`
  return { frame: frameOf(parts, reply.request), csrf: formToken(parts, PURPOSE, token), rd: kept, cancelHref }
}
