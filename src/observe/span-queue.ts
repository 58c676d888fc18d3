import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace'
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import { DeadlineError, withDeadline } from '../lib/deadline.ts'

export interface QueueOptions {
  /** The collector, without `/v1/traces`. */
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly onDropped: (count: number) => void
  /** Told when the collector stops taking spans, and with null when it takes them again. */
  readonly onTrouble: (why: string | null) => void
  /** ms that spans are gathered for before they are sent. */
  readonly gatherMs?: number
  /** ms that one request to the collector may take, tries again included. */
  readonly sendMs?: number
  /** ms that the end waits for what is left. */
  readonly closeMs?: number
}

/** At 2 KB each they hold 4 MB while the collector is away. */
const MAX_SPANS = 2_048
const MAX_BATCH = 512
const GATHER_MS = 1_000
const SEND_MS = 5_000
const OVERDUE_MS = 500
/** A stop has ten seconds for everything. */
const CLOSE_MS = 2_000

/** Spans on their way to the collector: so many and no more, whatever becomes of it. */
export function createSpanQueue(options: QueueOptions): SpanProcessor {
  const { onDropped, sendMs = SEND_MS } = options
  const waiting = { count: 0 }
  const batches = new BatchSpanProcessor({
    exporter: countingExporter(options, sendMs, waiting),
    maxQueueSize: MAX_SPANS,
    maxExportBatchSize: MAX_BATCH,
    scheduledDelayMillis: options.gatherMs ?? GATHER_MS,
    // The exporter has ended by then.
    exportTimeoutMillis: sendMs + 2 * OVERDUE_MS,
  })
  return {
    onStart: () => undefined,
    onEnd(span) {
      if (waiting.count >= MAX_SPANS) return onDropped(1)
      waiting.count += 1
      batches.onEnd(span)
    },
    forceFlush: () => batches.forceFlush(),
    async shutdown() {
      await withDeadline(batches.shutdown(), options.closeMs ?? CLOSE_MS).catch(() => undefined)
      onDropped(waiting.count)
      waiting.count = 0
    },
  }
}

/** Sends over HTTP; what is not taken is counted and told once, and nobody waits for it. */
function countingExporter(options: QueueOptions, sendMs: number, waiting: { count: number }): SpanExporter {
  const { url, headers, onDropped, onTrouble } = options
  const otlp: SpanExporter = new OTLPTraceExporter({
    url: tracesUrl(url),
    headers: { ...headers },
    timeoutMillis: sendMs,
  })
  let isInTrouble = false
  const tell = (error: Error | undefined): void => {
    if (isInTrouble === (error !== undefined)) return
    isInTrouble = error !== undefined
    onTrouble(error === undefined ? null : reasonOf(error))
  }
  const settled = (count: number, failure: Error | undefined): void => {
    waiting.count -= count
    if (failure !== undefined) onDropped(count)
    tell(failure)
  }
  return {
    export(spans: ReadableSpan[], tellResult) {
      const settle = once((failure: Error | undefined) => settled(spans.length, failure))
      // Its own time limit begins anew with every byte that a collector sends.
      const overdue = setTimeout(() => settle(new DeadlineError(sendMs)), sendMs + OVERDUE_MS).unref()
      otlp.export(spans, (result) => {
        clearTimeout(overdue)
        settle(result.error)
        tellResult(result)
      })
    },
    shutdown: () => otlp.shutdown(),
  }
}

function once<T>(work: (given: T) => void): (given: T) => void {
  let isDone = false
  return (given) => {
    if (!isDone) work(given)
    isDone = true
  }
}

function tracesUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname.replace(/\/$/, '')}/v1/traces`
}

/** The status line or the system's word; what the collector wrote as a body is left out. */
function reasonOf(error: Error): string {
  const code = 'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? error.code : ''
  return `${code} ${error.message}`.trim().slice(0, 200)
}
