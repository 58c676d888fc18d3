import type { IncomingMessage, ServerResponse } from 'node:http'
import { ERRORS } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { RefuseReason } from '../policies/decision.ts'
import { errorPage } from '../web/error-page.ts'
import { plainFrame } from '../web/look.ts'
import { portalHeaders } from '../web/security-headers.ts'
import { challengeHeaders, denied, deniedAsJson } from './answer.ts'
import type { Answer } from './answer.ts'
import type { AnswerParts } from './dialects/dialect.ts'
import type { Verdict } from './verdict.ts'

/** What proxy mode can't pass on, and how it is told. */
export type Denial =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'app_unreachable'; readonly requestId: string }

export interface RefusalParts {
  readonly secure: boolean
  /** Path of the portal, such as `/.postern`. */
  readonly base: string
  /** Serves the portal's own pages; the page for a forbid is one of them. */
  readonly portal: (request: IncomingMessage, response: ServerResponse) => void
}

/** Answers a request of proxy mode that doesn't reach the app, or whose app doesn't answer. */
export function refuseProxied(
  parts: RefusalParts,
  request: IncomingMessage,
  response: ServerResponse,
  denial: Denial,
): void {
  // Nobody reads the body of what is refused, so nothing more may come over that connection either.
  if (request.headers['transfer-encoding'] !== undefined || request.headers['content-length'] !== undefined) {
    response.setHeader('Connection', 'close')
  }
  if (denial.kind === 'app_unreachable') return sendPage(parts, response, 'app_unreachable', denial.requestId)
  const { decision, parts: answer } = denial.verdict
  switch (decision.kind) {
    case 'sign_in':
      return sendAnswer(response, signInAnswer(request, answer))
    case 'forbid':
      return answer.navigation
        ? showForbidden(parts, request, response, answer.decisionId)
        : sendAnswer(response, deniedAsJson(403, 'forbidden'))
    case 'refuse':
      return sendPage(parts, response, pageFor(decision.reason), answer.decisionId)
    case 'fault':
    case 'allow':
      return sendPage(parts, response, 'store_unavailable', answer.decisionId)
  }
}

function signInAnswer(request: IncomingMessage, { startUrl, challenge, navigation }: AnswerParts): Answer {
  if (!navigation) return deniedAsJson(401, 'not_signed_in', { login_url: startUrl }, challengeHeaders(challenge))
  const reads = request.method === 'GET' || request.method === 'HEAD'
  return denied(reads ? 302 : 303, ['Location', startUrl])
}

function showForbidden(
  { base, portal }: RefusalParts,
  request: IncomingMessage,
  response: ServerResponse,
  decisionId: string,
): void {
  request.url = `${base}/forbidden`
  request.method = 'GET'
  request.headers['x-postern-decision'] = decisionId
  portal(request, response)
}

function sendAnswer(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, [...headers])
  response.end(body)
}

/** An address that can't be judged yet is no fault of the visitor's. */
function pageFor(reason: RefuseReason): ErrorCode {
  return reason === 'ambiguous_path' ? 'address_not_judged' : 'bad_request'
}

/** @param requestId stands in the log line of the same event */
function sendPage({ secure, base }: RefusalParts, response: ServerResponse, code: ErrorCode, requestId: string): void {
  const { status, message } = ERRORS[code]
  const page = errorPage({ frame: plainFrame(`${base}/assets`), status, message, requestId, homeHref: null })
  response.writeHead(status, { ...portalHeaders({ secure }), 'content-type': 'text/html; charset=utf-8' })
  response.end(page)
}
