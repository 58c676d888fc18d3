import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { PORTAL_PATH } from '../config/settings.ts'
import type { ListenAddress } from '../config/values.ts'
import { clientAddress } from '../lib/address.ts'
import type { Networks } from '../lib/address.ts'
import { readHost } from '../lib/host.ts'
import type { OriginalRequest } from '../lib/original-request.ts'
import { readTarget } from '../lib/target.ts'
import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Way } from '../observe/verify-durations.ts'
import type { RefuseReason } from '../policies/decision.ts'
import { readMethod } from '../policies/method.ts'
import { DOUBLED } from '../web/cookies.ts'
import { peerAddress } from '../web/peer.ts'
import { withoutOurAuthorization } from './credentials.ts'
import type { Credentials } from './credentials.ts'
import { hintsIn, isNavigation, isProgram, userAgentIn } from './navigation.ts'
import type { Look } from '../web/look.ts'
import { clientHeaders, identityAliases, methodOverrides, upstreamHeaders } from './proxy-headers.ts'
import { refuseProxied } from './proxy-refusal.ts'
import type { Denial, RefusalParts } from './proxy-refusal.ts'
import { endUpgrade, forwardUpgrade, refuseUpgrade } from './proxy-upgrade.ts'
import type { Allowed } from './proxy-upgrade.ts'
import type { Upstream } from './upstream.ts'
import type { Settle, Verdict } from './verdict.ts'
import { verify } from './verify.ts'
import type { Outcome, VerifyParts } from './verify.ts'

export interface ProxyParts extends VerifyParts {
  readonly settle: Settle
  readonly metrics: Pick<Metrics, 'verified'>
  readonly log: Pick<Log, 'warn' | 'error'>
  readonly upstream: Upstream
  readonly listen: ListenAddress
  readonly trustedProxies: Networks
  /** Names of cookies that the app may neither see nor set. */
  readonly ourCookies: readonly string[]
  readonly publicUrl: URL
  /** Of the pages for what can't be passed on. */
  readonly look: Look
}

/** Proxy mode: Postern itself stands in front of one app. Streams both ways; waits for no body. */
export interface Proxy {
  /** @param portal serves the portal's own pages */
  request(request: IncomingMessage, response: ServerResponse, portal: RefusalParts['portal']): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** For a stop: ends the WebSockets that are open, which would hold it up for as long as they like, and takes no more. */
  endUpgraded(): void
}

const WAY: Way = { dialect: { name: 'proxy' }, lane: 'proxy' }

/** Builds proxy mode: read, verify, forward or refuse, count. */
export function createProxy(parts: ProxyParts): Proxy {
  const { look, cookies } = parts
  const shown = { look, cookies, secure: parts.publicUrl.protocol === 'https:', base: PORTAL_PATH }
  const upgraded = new Set<Duplex>()
  const answering = new WeakSet<Duplex>()
  let stopping = false
  return {
    request(request, response, portal) {
      answering.add(request.socket)
      response.once('close', () => answering.delete(request.socket))
      const refuse = (denial: Denial): void => refuseProxied({ ...shown, portal }, request, response, denial)
      decideRequest(parts, request)
        .then(({ allowed, verdict }) =>
          allowed === null ? refuse({ kind: 'verdict', verdict }) : forward(parts, request, response, allowed),
        )
        .catch((error: unknown) => {
          // A visitor who left, or an app that broke off in the middle: there is nobody to tell, or no way to.
          if (response.destroyed || response.headersSent) return void response.destroy()
          const requestId = randomBytes(6).toString('hex')
          parts.log.warn({ requestId, method: request.method, err: error }, 'the app does not answer')
          refuse({ kind: 'app_unreachable', requestId })
        })
    },
    upgrade(request, socket, head) {
      // While an answer is still to come on this connection, its bytes would land inside the WebSocket.
      if (stopping || answering.has(socket)) return void socket.destroy()
      upgraded.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => upgraded.delete(socket))
      decideRequest(parts, request)
        .then(({ allowed, verdict }) =>
          allowed === null ? refuseUpgrade(socket, verdict) : forwardUpgrade(parts, { request, socket, head }, allowed),
        )
        .catch((error: unknown) => {
          parts.log.warn({ err: error }, 'the app did not take the upgrade')
          endUpgrade(socket, 502)
        })
    },
    endUpgraded() {
      stopping = true
      upgraded.forEach((socket) => socket.destroy())
    },
  }
}

interface Decided {
  /** What is forwarded and as whom, or null when it isn't. */
  readonly allowed: Allowed | null
  readonly verdict: Verdict
}

/** Never rejects: what goes wrong here is a fault of ours, not of the app. */
async function decideRequest(parts: ProxyParts, request: IncomingMessage): Promise<Decided> {
  try {
    return await judgeRequest(parts, request)
  } catch (error) {
    parts.log.error({ err: error }, 'verify failed')
    return { allowed: null, verdict: parts.settle({ kind: 'fault' }, null, 'proxy') }
  }
}

async function judgeRequest(parts: ProxyParts, request: IncomingMessage): Promise<Decided> {
  const startedAt = performance.now()
  const read = readOriginal(parts, request)
  const original = typeof read === 'string' ? null : read
  const { decision, tier } =
    typeof read === 'string' ? refused(read) : await verify(parts, read, credentialsOf(request))
  const verdict = parts.settle(decision, original, 'proxy')
  parts.metrics.verified(verdict.decision, WAY, tier, (performance.now() - startedAt) / 1_000)
  if (original === null || verdict.decision.kind !== 'allow') return { allowed: null, verdict }
  const rawHeaders = withoutOurAuthorization(request.rawHeaders, verdict.decision.app)
  return { allowed: { original, rawHeaders, identity: verdict.parts.identity }, verdict }
}

function credentialsOf({ headers, headersDistinct }: IncomingMessage): Credentials {
  const [authorization = null, ...others] = headersDistinct['authorization'] ?? []
  return { cookies: [headers.cookie ?? ''], authorization: others.length > 0 ? DOUBLED : authorization }
}

function refused(reason: RefuseReason): Outcome {
  return { decision: { kind: 'refuse', reason }, tier: 'none' }
}

/** Here the request is the original one: no header is asked what it was. */
function readOriginal(parts: ProxyParts, request: IncomingMessage): OriginalRequest | RefuseReason {
  const method = readMethod(request.method ?? '')
  if (method === null) return 'bad_method'
  const hosts = request.headersDistinct['host'] ?? []
  if (hosts.length !== 1) return hosts.length === 0 ? 'missing_header' : 'doubled_header'
  const host = readHost(hosts[0] ?? '')
  if (host === null) return 'bad_host'
  const target = readTarget(request.url ?? '')
  if (typeof target === 'string') return target
  const peer = peerAddress(request.socket, parts.listen)
  const client = clientAddress({
    peer,
    forwardedFor: request.headersDistinct['x-forwarded-for'] ?? [],
    trusted: parts.trustedProxies,
  })
  if (client === null) return 'bad_client_address'
  const hints = hintsIn(request.rawHeaders)
  return {
    method,
    scheme: parts.publicUrl.protocol === 'https:' ? 'https' : 'http',
    host,
    target,
    clientAddress: client,
    userAgent: userAgentIn(hints),
    navigation: isNavigation(method, hints),
    isProgram: isProgram(hints),
    appName: null,
    aliases: identityAliases(request.rawHeaders, parts.policy().aliasGuard),
    overrides: methodOverrides(request.rawHeaders),
  }
}

async function forward(
  parts: ProxyParts,
  request: IncomingMessage,
  response: ServerResponse,
  { original, rawHeaders, identity }: Allowed,
): Promise<void> {
  // The visitor may have left while the decision was read; then there is no 'close' to come.
  if (response.closed) return
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const headers = upstreamHeaders(rawHeaders, original, identity, parts.ourCookies)
  const hasBody = request.headers['transfer-encoding'] !== undefined || request.headers['content-length'] !== undefined
  const { path, query } = original.target
  const answer = await parts.upstream.request({
    method: original.method,
    target: path + query,
    headers,
    body: hasBody ? request : null,
    signal: gone.signal,
  })
  response.writeHead(answer.status, clientHeaders(answer.headers, parts.ourCookies))
  // The first event of a stream may be long in coming, and its reader waits for the headers.
  response.flushHeaders()
  await pipeline(answer.body, response)
}
