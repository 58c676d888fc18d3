import { PORTAL_PATH } from '../../config/settings.ts'
import { ERRORS } from '../../errors.ts'
import type { ErrorCode } from '../../errors.ts'
import type { Decision } from '../../policies/decision.ts'
import { errorPage } from '../../web/error-page.ts'
import { plainFrame } from '../../web/look.ts'
import { allowed, challengeHeaders, denied, deniedAsJson, deniedAsPage } from '../answer.ts'
import type { Answer, DenialStatus } from '../answer.ts'
import type { AnswerParts } from './dialect.ts'

/** For proxies that hand our denials on to the visitor as they are. */
export function writeForWeb(decision: Decision, parts: AnswerParts): Answer {
  switch (decision.kind) {
    case 'allow':
      return allowed(decision, parts.identity)
    case 'sign_in':
      return askToSignIn(parts)
    case 'forbid':
      return refuse(403, 'forbidden', parts)
    case 'refuse':
      return refuse(400, decision.reason === 'ambiguous_path' ? 'address_not_judged' : 'bad_request', parts)
    case 'fault':
      return refuse(503, 'store_unavailable', parts)
  }
}

/** 303 makes a form that was sent ask for the sign-in page instead of sending the form there (RFC 9110, 15.4.4). */
function askToSignIn({ navigation, startUrl, challenge, method }: AnswerParts): Answer {
  if (!navigation) return deniedAsJson(401, 'not_signed_in', { login_url: startUrl }, challengeHeaders(challenge))
  return denied(method === 'GET' || method === 'HEAD' ? 302 : 303, ['Location', startUrl])
}

function refuse(status: DenialStatus, code: ErrorCode, { navigation, decisionId }: AnswerParts): Answer {
  const headers = ['X-Postern-Decision', decisionId]
  if (!navigation) return deniedAsJson(status, code, {}, headers)
  const { message } = ERRORS[code]
  const frame = plainFrame(`${PORTAL_PATH}/assets`)
  return deniedAsPage(status, errorPage({ frame, status, message, requestId: decisionId, homeHref: null }), headers)
}
