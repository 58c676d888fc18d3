import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SecondFactorName } from '../credentials/factors.ts'
import { PosternError } from '../errors.ts'
import { bodySchema, optionalTextField, parseBody, textField } from '../web/body.ts'
import { formOf, formToken, frameOf, sendHtml } from '../web/pages.ts'
import { formHeaders, openReturn, stepUrl } from './onward.ts'
import type { Step } from './onward.ts'
import type { PortalParts } from './portal.ts'
import type { SecondProof } from './prove-factor.ts'
import { secondFactorPage, TRUST } from './second-factor-page.ts'
import type { SecondFactorProblem } from './second-factor-page.ts'

/** What a posted form of a further factor says; `proof` is null where nothing was entered. */
export interface SecondFactorForm {
  readonly csrf: string
  readonly rd: string | null
  readonly wants: SecondFactorName
  readonly proof: SecondProof | null
  readonly trusts: boolean
}

export interface SecondFactorQuestion {
  readonly step: Extract<Step, 'second-factor' | 'step-up'>
  readonly title: 'second_factor.title' | 'second_factor.title_step_up'
  /** What the form is bound to. */
  readonly token: string
  readonly rd: string | null
  readonly owned: readonly SecondFactorName[]
  /** Which is asked for first, where it is owned. */
  readonly wants: SecondFactorName | null
  readonly offersTrust: boolean
  readonly problem: SecondFactorProblem | null
  readonly cancelHref: string
}

const MAX_CODE = 64
const MAX_RESPONSE = 12_288
const MAX_RD = 8_192
const FORM = bodySchema({
  csrf: textField(256),
  factor: textField(16),
  rd: optionalTextField(MAX_RD),
  code: optionalTextField(MAX_CODE),
  response: optionalTextField(MAX_RESPONSE),
  trust: optionalTextField(TRUST.length),
})
const STATUS_OF: Readonly<Record<SecondFactorProblem, number>> = {
  wrong: 401,
  missing: 400,
  stopped: 429,
  form_expired: 403,
}
/** In the order in which they are asked for, unless somebody chooses. */
const FACTORS = ['webauthn', 'totp', 'recovery'] as const

/** @throws PosternError `bad_request` for what no form of ours sends */
export function readSecondFactorForm(request: FastifyRequest): SecondFactorForm {
  const parsed = parseBody(FORM, formOf(request))
  if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
  const { csrf, rd = null, factor, code = '', response = '', trust } = parsed.value
  if (trust !== undefined && trust !== TRUST) throw new PosternError('bad_request', 'field trust')
  const wants = readFactor(factor)
  if (wants === null) throw new PosternError('bad_request', 'field factor')
  return { csrf, rd, wants, proof: proofOf(wants, code.trim(), response), trusts: trust === TRUST }
}

export function readFactor(text: string | null): SecondFactorName | null {
  return FACTORS.find((factor) => factor === text) ?? null
}

/** @throws PosternError `bad_request` for what is no JSON */
export function readAnswer(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new PosternError('bad_request', 'field response', { cause })
  }
}

/** The page that asks for one of the factors that somebody owns. */
export function askSecondFactor(parts: PortalParts, reply: FastifyReply, question: SecondFactorQuestion): FastifyReply {
  const { step, title, token, rd, owned, problem, cancelHref } = question
  const wants = owned.find((factor) => factor === question.wants) ?? FACTORS.find((factor) => owned.includes(factor))
  if (wants === undefined) throw new PosternError('forbidden', 'no second factor to ask for')
  const back = openReturn(parts, rd)
  const { paths } = parts.entrances.portal
  const url = stepUrl(parts, step, rd)
  const link = url.includes('?') ? `${url}&with=` : `${url}?with=`
  reply.headers(formHeaders(parts, back, wants === 'webauthn'))
  const frame = frameOf(parts, reply.request)
  const markup = secondFactorPage({
    frame,
    title: frame.words.say(title),
    action: `${paths.signIn}/${step}`,
    optionsFrom: `${paths.signIn}/${step}/passkey`,
    csrf: formToken(parts, step, token),
    rd: back === null ? null : rd,
    returnHost: back?.host ?? null,
    wants,
    others: FACTORS.filter((factor) => factor !== wants && owned.includes(factor)).map((factor) => ({
      factor,
      href: link + factor,
    })),
    trustMs: question.offersTrust && parts.deviceTrustMs > 0 ? parts.deviceTrustMs : null,
    problem,
    cancelHref,
  })
  return sendHtml(reply, problem === null ? 200 : STATUS_OF[problem], markup)
}

function proofOf(wants: SecondFactorName, code: string, response: string): SecondProof | null {
  if (wants === 'webauthn') return response === '' ? null : { kind: wants, response: readAnswer(response) }
  return code === '' ? null : { kind: wants, code }
}
