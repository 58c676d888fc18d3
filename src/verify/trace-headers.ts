import { readTraceParent } from '../lib/trace-context.ts'
import type { TraceParent } from '../lib/trace-context.ts'
import { callerFault } from './caller.ts'
import type { CallerRules } from './caller.ts'

interface Asking {
  readonly rawHeaders: readonly string[]
  /** Address of the peer, or null on a Unix socket. */
  readonly peer: string | null
}

/** The trace that a proxy continues here; null where there is none, or where its word doesn't count. */
export function traceParentOf(callers: CallerRules, { rawHeaders, peer }: Asking): TraceParent | null {
  const parents = valuesOf(rawHeaders, 'traceparent')
  if (parents === NONE) return null
  const secrets = valuesOf(rawHeaders, 'x-postern-secret')
  if (callerFault(callers, peer, secrets.length === 1 ? (secrets[0] ?? null) : null) !== null) return null
  return readTraceParent(parents, valuesOf(rawHeaders, 'tracestate'))
}

const NONE: readonly string[] = []

/** Most names differ in their length already, so that few are folded. */
function valuesOf(rawHeaders: readonly string[], wanted: string): readonly string[] {
  let values = NONE
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    if (name.length !== wanted.length || name.toLowerCase() !== wanted) continue
    values = [...values, rawHeaders[i + 1] ?? '']
  }
  return values
}
