import type { Decision } from '../../policies/decision.ts'
import { allowed, challengeHeaders, denied, deniedAsJson } from '../answer.ts'
import type { Answer } from '../answer.ts'
import type { AnswerParts } from './dialect.ts'

/** For `auth_request`, which takes 2xx, 401 and 403 as they are and turns every other status into a 500. */
export function writeForNginx(
  decision: Decision,
  { identity, startUrl, challenge, navigation, decisionId }: AnswerParts,
): Answer {
  switch (decision.kind) {
    case 'allow':
      return allowed(decision, identity)
    case 'sign_in':
      if (navigation) return denied(401, ['X-Postern-Location', startUrl])
      return deniedAsJson(401, 'not_signed_in', { login_url: startUrl }, challengeHeaders(challenge))
    case 'forbid':
    case 'refuse':
      return denied(403, ['X-Postern-Decision', decisionId])
    case 'fault':
      return denied(500, ['X-Postern-Decision', decisionId])
  }
}
