import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import { bodySchema, parseBody, textField } from '../web/body.ts'
import { DOUBLED, readCookie } from '../web/cookies.ts'
import { cookieHeaders, formOf, isOwnForm, refuseCrossSite } from '../web/pages.ts'
import { dropCookie } from '../web/set-cookie.ts'
import { advance, openReturn } from './onward.ts'
import { visitOf } from './portal.ts'
import type { PortalParts } from './portal.ts'
import { askSecondFactor, readFactor, readSecondFactorForm } from './second-factor-form.ts'
import type { SecondFactorQuestion } from './second-factor-form.ts'
import { askPasskey, completeSignIn, findHalfDone } from './second-factor.ts'

interface Query {
  Querystring: Record<string, string>
}

const STEP = 'second-factor'
const OPTIONS_FORM = bodySchema({ csrf: textField(256) })

/** `/login/second-factor`: the second step of a sign-in, for the browser that took the first. */
export function secondFactorRoutes(app: FastifyInstance, parts: PortalParts): void {
  app.get<Query>('/login/second-factor', { config: { access: 'anyone' } }, async (request, reply) => {
    const rd = request.query['rd'] ?? null
    const wants = readFactor(request.query['with'] ?? null)
    return ask(parts, request, reply, { rd, wants, problem: null })
  })

  app.post('/login/second-factor', { config: { access: 'anyone' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    const { csrf, rd, wants, proof, trusts } = readSecondFactorForm(request)
    const again = (problem: SecondFactorQuestion['problem']): Promise<FastifyReply> =>
      ask(parts, request, reply, { rd, wants, problem })
    const token = pendingToken(parts, request)
    if (token === null) return startOver(parts, reply, rd)
    if (!isOwnForm(parts, STEP, token, csrf)) return again('form_expired')
    if (proof === null) return again('missing')
    const outcome = await completeSignIn(parts, token, { visit: await visitOf(parts, request), proof, trusts })
    if (outcome.kind === 'expired') return startOver(parts, reply, rd)
    if (outcome.kind === 'signed_in' || outcome.kind === 'must_change') return advance(parts, reply, outcome, rd)
    if (outcome.kind === 'stopped') reply.header('retry-after', String(outcome.retryAfterS))
    return again(outcome.kind)
  })

  app.post('/login/second-factor/passkey', { config: { access: 'anyone' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    const parsed = parseBody(OPTIONS_FORM, formOf(request))
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const token = pendingToken(parts, request)
    if (token === null || !isOwnForm(parts, STEP, token, parsed.value.csrf))
      throw new PosternError('cross_site_request', 'form token of the second factor')
    const options = await askPasskey(parts, token)
    if (options === null) throw new PosternError('not_signed_in')
    return reply.send(options)
  })
}

/** The token of a half-done sign-in that the browser has; two of them are none. */
export function pendingToken({ cookies }: PortalParts, request: FastifyRequest): string | null {
  const value = readCookie(cookieHeaders(request), cookies.names.pending)
  return value === DOUBLED || value === '' ? null : value
}

/** Back to the first step: what took too long, or had its tries, is done with. */
export function startOver(parts: PortalParts, reply: FastifyReply, rd: string | null): FastifyReply {
  const { cookies, entrances } = parts
  const { signIn } = entrances.portal.paths
  dropCookie(reply, cookies.names.pending, cookies.secure)
  const query = openReturn(parts, rd) === null ? '' : `rd=${rd}&`
  return reply.redirect(`${signIn}?${query}again=expired`, 303)
}

type Asked = Pick<SecondFactorQuestion, 'rd' | 'wants' | 'problem'>

async function ask(
  parts: PortalParts,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: Asked,
): Promise<FastifyReply> {
  const token = pendingToken(parts, request)
  const half = token === null ? null : await findHalfDone(parts, token)
  if (token === null || half === null || half.factors.length === 0) return startOver(parts, reply, asked.rd)
  const { signIn } = parts.entrances.portal.paths
  const cancelHref = openReturn(parts, asked.rd) === null ? signIn : `${signIn}?rd=${asked.rd}`
  const title = 'second_factor.title' as const
  return askSecondFactor(parts, reply, {
    ...asked,
    step: STEP,
    title,
    token,
    owned: half.factors,
    offersTrust: true,
    cancelHref,
  })
}
