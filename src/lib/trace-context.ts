/** A span of another program that ours continues (W3C Trace Context). */
export interface TraceParent {
  /** 32 hexadecimal digits, not all of them 0. */
  readonly traceId: string
  /** 16 hexadecimal digits, not all of them 0. */
  readonly spanId: string
  /** Whether the trace is kept. */
  readonly isSampled: boolean
  /** What tracing systems told each other in `tracestate`; empty where there is nothing or where it can't be read. */
  readonly state: string
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const ONLY_ZEROS = /^0+$/
const SAMPLED = 0x01
const MAX_STATE = 512
const MAX_MEMBERS = 32
/** A key, `=`, and a value that doesn't end with a blank (Trace Context, 3.3.1.3). */
const MEMBER =
  /^((?:[a-z0-9][a-z0-9_*/-]{0,240}@)?[a-z][a-z0-9_*/-]{0,13}|[a-z][a-z0-9_*/-]{0,255})=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/

/**
 * Reads both headers strictly (W3C Trace Context, 3.2 and 3.3). Null for what isn't a parent; a state that can't be read
 * is left out, since the parent counts without it.
 * @param traceparent values of all headers of that name: of two neither counts
 */
export function readTraceParent(traceparent: readonly string[], tracestate: readonly string[]): TraceParent | null {
  const [text = '', ...others] = traceparent
  if (others.length > 0) return null
  const [, version = '', traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(text) ?? []
  if (version === '' || version === 'ff' || (version === '00' && more !== undefined)) return null
  if (ONLY_ZEROS.test(traceId) || ONLY_ZEROS.test(spanId)) return null
  const isSampled = (parseInt(flags, 16) & SAMPLED) !== 0
  return { traceId, spanId, isSampled, state: readState(tracestate.join(',')) }
}

/** The header by which the next program continues this span. */
export function writeTraceParent({ traceId, spanId, isSampled }: Omit<TraceParent, 'state'>): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`
}

function readState(text: string): string {
  if (text.length > MAX_STATE) return ''
  const members = text
    .split(',')
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((member) => member !== '')
  const keys = new Set(members.map((member) => MEMBER.exec(member)?.[1]))
  return keys.has(undefined) || keys.size < members.length || members.length > MAX_MEMBERS ? '' : members.join(',')
}
