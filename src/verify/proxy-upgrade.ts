import { STATUS_CODES } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { OriginalRequest } from '../lib/original-request.ts'
import { clientHeaders, upstreamHeaders } from './proxy-headers.ts'
import type { Upstream } from './upstream.ts'
import type { Verdict } from './verdict.ts'

/** A request that may pass, and what the app is told of who asks: names and values in turn. */
export interface Allowed {
  readonly original: OriginalRequest
  /** Those of the request that an app may see, names and values in turn. */
  readonly rawHeaders: readonly string[]
  readonly identity: readonly string[]
}

interface UpgradeParts {
  readonly upstream: Upstream
  readonly ourCookies: readonly string[]
}

interface Client {
  readonly request: IncomingMessage
  readonly socket: Duplex
  /** What the client sent already after its request. */
  readonly head: Buffer
}

const STATUSES = { allow: 500, sign_in: 401, forbid: 403, refuse: 400, fault: 503 } as const

/** Passes a WebSocket on, then bytes both ways until either side ends. */
export async function forwardUpgrade(
  parts: UpgradeParts,
  client: Client,
  { original, rawHeaders, identity }: Allowed,
): Promise<void> {
  const { request, socket, head } = client
  const gone = new AbortController()
  socket.on('close', () => gone.abort())
  const headers = upstreamHeaders(rawHeaders, original, identity, parts.ourCookies)
  const protocol = request.headers.upgrade ?? ''
  const target = original.target.path + original.target.query
  const answer = await parts.upstream.upgrade({
    method: original.method,
    target,
    headers,
    protocol,
    signal: gone.signal,
  })
  socket.write(headText(answer.headers, protocol, parts.ourCookies))
  if (head.length > 0) answer.socket.write(head)
  await Promise.all([pipeline(socket, answer.socket), pipeline(answer.socket, socket)]).catch(() => {})
}

/** A WebSocket can't be redirected, so a refusal is a status and nothing else. */
export function refuseUpgrade(socket: Duplex, { decision }: Verdict): void {
  endUpgrade(socket, STATUSES[decision.kind])
}

export function endUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
}

function headText(headers: readonly string[], protocol: string, ourCookies: readonly string[]): string {
  const kept = clientHeaders(headers, ourCookies)
  const lines = kept.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${kept[index + 1]}`] : []))
  return ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', `Upgrade: ${protocol}`, ...lines, '', ''].join(
    '\r\n',
  )
}
