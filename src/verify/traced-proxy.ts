import type { IncomingMessage } from 'node:http'
import type { Span, Tracing } from '../observe/traces.ts'
import { peerAddress } from '../web/peer.ts'
import { createProxy } from './proxy.ts'
import type { Proxy, ProxyParts } from './proxy.ts'
import { traceParentOf } from './trace-headers.ts'
import { tracedVerdicts } from './traced-verdicts.ts'
import type { Upstream } from './upstream.ts'

/** Proxy mode with spans for those requests whose trace is kept, which the app can continue. */
export function createTracedProxy(parts: ProxyParts, tracing: Tracing): Proxy {
  const plain = createProxy(parts)
  const traced = createProxy({ ...tracedVerdicts(parts, tracing), upstream: tracedUpstream(parts.upstream, tracing) })
  const begin = ({ rawHeaders, socket }: IncomingMessage): Span | null => {
    const callers = { trustedProxies: parts.trustedProxies, secrets: null }
    const peer = peerAddress(socket, parts.listen)
    return tracing.begin({ name: 'proxy', kind: 'answers' }, traceParentOf(callers, { rawHeaders, peer }))
  }
  return {
    request(request, response, portal) {
      const span = begin(request)
      if (span === null) return plain.request(request, response, portal)
      response.once('close', () => {
        span.tell({ 'http.response.status_code': response.statusCode })
        span.end()
      })
      tracing.within(span, () => traced.request(request, response, portal))
    },
    // A WebSocket lasts for hours, which is no time that anything took.
    upgrade: (request, socket, head) => plain.upgrade(request, socket, head),
    endUpgraded: () => plain.endUpgraded(),
  }
}

function tracedUpstream(upstream: Upstream, tracing: Tracing): Upstream {
  return {
    ...upstream,
    request: (request) =>
      tracing.step({ name: 'app', kind: 'asks' }, () =>
        upstream.request({ ...request, headers: continued(request.headers, tracing.current) }),
      ),
  }
}

const CONTEXT = new Set(['traceparent', 'tracestate'])

/** What a visitor claims of traces makes room for ours, since two of them count as none. */
function continued(headers: readonly string[], span: Span | null): readonly string[] {
  if (span === null) return headers
  const kept = headers.flatMap((name, index) =>
    index % 2 === 0 && !CONTEXT.has(name.toLowerCase()) ? [name, headers[index + 1] ?? ''] : [],
  )
  return [...kept, ...span.headers]
}
