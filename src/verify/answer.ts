import { ERRORS } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { portalHeaders } from '../web/security-headers.ts'

/** Only this file can make one, so only `allowed` can make one with a 2xx. */
declare const madeHere: unique symbol

/** What goes back to the proxy: names and values of headers in turn, as `writeHead` of node:http takes them. */
export interface Answer {
  readonly [madeHere]: true
  readonly status: number
  readonly headers: readonly string[]
  /** What the app is told, which follows the other headers: the same list for as long as memory knows its visitor. */
  readonly identity: readonly string[]
  readonly body: string
}

/** Statuses that never let a request pass. */
export type DenialStatus = 302 | 303 | 400 | 401 | 403 | 405 | 500 | 503

const EMPTY: readonly string[] = ['Content-Length', '0', 'Cache-Control', 'no-store']
const NOBODY: readonly string[] = []

/** Proof that a decision allowed; its `kind` is what the type checker holds callers to. */
interface Allow {
  readonly kind: 'allow'
}

/** The one place where a 2xx is made: exactly `200` with an empty body by framing, which every proxy takes as a yes. */
export function allowed(_decision: Allow, identity: readonly string[]): Answer {
  return { status: 200, headers: EMPTY, identity, body: '' } as Answer
}

/** An answer without a body that lets nothing pass. */
export function denied(status: DenialStatus, headers: readonly string[] = []): Answer {
  return answer(status, [...EMPTY, ...headers], '')
}

/** An answer with the JSON envelope (DESIGN 4.8) that lets nothing pass. */
export function deniedAsJson(
  status: DenialStatus,
  code: ErrorCode,
  extra: object = {},
  headers: readonly string[] = [],
): Answer {
  const body = JSON.stringify({ status: 'error', errors: [{ code, message: ERRORS[code].message }], ...extra })
  const length = String(Buffer.byteLength(body))
  const own = ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', length, 'Cache-Control', 'no-store']
  return answer(status, [...own, ...headers], body)
}

/** What asks a program for Basic (RFC 9110, 11.6.1); none where the challenge is empty. */
export function challengeHeaders(challenge: string): readonly string[] {
  return challenge === '' ? NOBODY : ['WWW-Authenticate', challenge]
}

/** An answer with a page for people that lets nothing pass. */
export function deniedAsPage(status: DenialStatus, page: string, headers: readonly string[]): Answer {
  const shared = Object.entries(portalHeaders({ secure: false })).flat()
  const own = ['Content-Type', 'text/html; charset=utf-8', 'Content-Length', String(Buffer.byteLength(page))]
  return answer(status, [...own, ...shared, ...headers], page)
}

function answer(status: number, headers: readonly string[], body: string): Answer {
  return { status, headers, identity: NOBODY, body } as Answer
}
