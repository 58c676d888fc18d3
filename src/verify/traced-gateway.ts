import type { Tracing } from '../observe/traces.ts'
import type { Answer } from './answer.ts'
import { createGateway } from './gateway.ts'
import type { Gateway, GatewayParts } from './gateway.ts'
import { traceParentOf } from './trace-headers.ts'
import { tracedVerdicts } from './traced-verdicts.ts'

/** The gateway with spans for those requests whose trace is kept; all others go through it as it is. */
export function createTracedGateway(parts: GatewayParts, tracing: Tracing): Gateway {
  const plain = createGateway(parts)
  const traced = createGateway(tracedVerdicts(parts, tracing))
  return (dialect, request) => {
    const span = tracing.begin({ name: 'verify', kind: 'answers' }, traceParentOf(parts.callers, request))
    if (span === null) return plain(dialect, request)
    const ended = (answer: Answer): Answer => {
      span.tell({ 'http.response.status_code': answer.status })
      span.end()
      return answer
    }
    const answer = tracing.within(span, () => traced(dialect, request))
    return answer instanceof Promise ? answer.then(ended) : ended(answer)
  }
}
