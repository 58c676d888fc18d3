import { STATUS_CODES } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ERRORS, PosternError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { Log } from '../observe/log.ts'
import { errorPage } from './error-page.ts'
import { languageLinks } from './language-choice.ts'
import { createFrame, varyByLanguage } from './look.ts'
import type { Look } from './look.ts'
import type { SessionCookies } from './session-cookies.ts'
import type { Words } from '../words/words.ts'

export interface FailureParts {
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  /** Path under which the portal serves its assets. */
  readonly assetBase: string
  readonly homeHref: string
  readonly look: Look
  readonly cookies: Pick<SessionCookies, 'names'>
  /** Path that begins what programs call; they get JSON, people a page. */
  readonly apiPrefix: string
}

/** Seconds after which a busy server may be asked again. */
const RETRY_AFTER_S = 2

/** The one handler of errors: tells people what to do, the log what happened, and never the one to the other. */
export function createFailureHandler(parts: FailureParts) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const code = codeOf(error)
    logFailure(parts.log, error, request, code)
    const { status } = ERRORS[code]
    const waitS = status === 429 ? waitOf(error) : null
    const { look, cookies, assetBase, homeHref } = parts
    const frame = createFrame(look, request, {
      cookies,
      assetBase,
      languageLinks: languageLinks(look.languages, request),
    })
    const message = sentenceOf(frame.words, code, waitS)
    varyByLanguage(reply).code(status)
    if (waitS !== null) reply.header('retry-after', String(waitS))
    if (request.url.startsWith(parts.apiPrefix)) return reply.send({ status: 'error', errors: [{ code, message }] })
    const page = errorPage({ frame, status, message, requestId: request.id, homeHref })
    return reply.type('text/html; charset=utf-8').send(page)
  }
}

/** What went wrong, and after how long it may be tried again. */
function sentenceOf(words: Words, code: ErrorCode, waitS: number | null): string {
  const message = words.say(`error.${code}`)
  return waitS === null ? message : words.say('failure.try_again', { message, wait: words.wait(waitS) })
}

function waitOf(error: unknown): number {
  return (error instanceof PosternError ? error.retryAfterS : null) ?? RETRY_AFTER_S
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof PosternError) return error.code
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return 'internal'
  if ('code' in error && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return 'body_too_large'
  return error.statusCode >= 400 && error.statusCode < 500 ? 'bad_request' : 'internal'
}

function logFailure(log: FailureParts['log'], error: unknown, request: FastifyRequest, code: ErrorCode): void {
  const { status } = ERRORS[code]
  const known = error instanceof PosternError ? { detail: error.detail } : {}
  const facts = { requestId: request.id, code, route: request.routeOptions.url, ...known }
  if (status >= 500) log.error({ ...facts, err: error }, STATUS_CODES[status] ?? 'error')
  else log.info(facts, STATUS_CODES[status] ?? 'refused')
}
