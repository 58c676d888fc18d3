import type { IncomingMessage, ServerResponse } from 'node:http'
import { ERRORS } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { RefuseReason } from '../policies/decision.ts'
import { errorPage } from '../web/error-page.ts'
import { createFrame } from '../web/look.ts'
import type { Look } from '../web/look.ts'
import { portalHeaders } from '../web/security-headers.ts'
import type { SessionCookies } from '../web/session-cookies.ts'
import { challengeHeaders, denied, deniedAsJson } from './answer.ts'
import type { Answer } from './answer.ts'
import type { AnswerParts } from './dialects/dialect.ts'
import type { Verdict } from './verdict.ts'

/** What proxy mode can't pass on, and how it is told. */
export type Denial =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'app_unreachable'; readonly requestId: string }

export interface RefusalParts {
  readonly look: Look
  readonly cookies: Pick<SessionCookies, 'names'>
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
  if (denial.kind === 'app_unreachable')
    return sendPage(parts, request, response, { code: 'app_unreachable', requestId: denial.requestId })
  const { decision, parts: answer } = denial.verdict
  switch (decision.kind) {
    case 'sign_in':
      return sendAnswer(response, signInAnswer(request, answer))
    case 'forbid':
      return answer.navigation
        ? showForbidden(parts, request, response, answer.decisionId)
        : sendAnswer(response, deniedAsJson(403, 'forbidden'))
    case 'refuse':
      return sendPage(parts, request, response, { code: pageFor(decision.reason), requestId: answer.decisionId })
    case 'fault':
    case 'allow':
      return sendPage(parts, request, response, { code: 'store_unavailable', requestId: answer.decisionId })
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
function sendPage(
  { look, cookies, secure, base }: RefusalParts,
  request: IncomingMessage,
  response: ServerResponse,
  { code, requestId }: { readonly code: ErrorCode; readonly requestId: string },
): void {
  const { status } = ERRORS[code]
  const frame = createFrame(look, request, { cookies, assetBase: `${base}/assets` })
  const page = errorPage({ frame, status, message: frame.words.say(`error.${code}`), requestId, homeHref: null })
  response.writeHead(status, { ...portalHeaders({ secure }), 'content-type': 'text/html; charset=utf-8' })
  response.end(page)
}
