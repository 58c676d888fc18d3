import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { createTraceState, ROOT_CONTEXT, SpanKind as Kind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api'
import type { Context, Span as OpenSpan, Tracer } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOnSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import type { TraceParent } from '../lib/trace-context.ts'
import { writeTraceParent } from '../lib/trace-context.ts'
import { createSpanQueue } from './span-queue.ts'
import type { QueueOptions } from './span-queue.ts'
import { failureCode } from './traces.ts'
import type { Span, SpanFacts, SpanKind, SpanStart, Tracing } from './traces.ts'

export interface TracingOptions extends Omit<QueueOptions, 'onDropped'> {
  /** Of all traces that begin here, from 0 to 1. */
  readonly share: number
  /** As it stands in the manifest. */
  readonly version: string
  readonly random?: () => number
}

const KINDS: Readonly<Record<SpanKind, Kind>> = { answers: Kind.SERVER, asks: Kind.CLIENT, works: Kind.INTERNAL }
/** Nothing that we tell is longer, and whatever became longer by mistake is cut. */
const MAX_FACT = 256

/** Opens tracing by OTLP over HTTP. Only to be loaded where traces are on: what it imports is large. */
export function openTracing(options: TracingOptions): Tracing {
  let tellDropped = (_count: number): void => undefined
  const queue = createSpanQueue({ ...options, onDropped: (count) => tellDropped(count) })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'postern',
      'service.version': options.version,
      'service.instance.id': randomUUID(),
      'process.pid': process.pid,
    }),
    // What isn't kept never comes as far as this.
    sampler: new AlwaysOnSampler(),
    spanLimits: { attributeValueLengthLimit: MAX_FACT, attributeCountLimit: 32, eventCountLimit: 0, linkCountLimit: 0 },
    spanProcessors: [queue],
  })
  const tracer = provider.getTracer('postern', options.version)
  const { share, random = Math.random } = options
  const storage = new AsyncLocalStorage<TracedSpan>()
  return {
    get current() {
      return storage.getStore() ?? null
    },
    begin(start, parent) {
      const isKept = parent === null ? random() < share : parent.isSampled
      return isKept ? new TracedSpan(tracer, start, contextOf(parent), null) : null
    },
    within: (span, work) => (span instanceof TracedSpan ? storage.run(span, work) : work()),
    step(start, work) {
      const current = storage.getStore()
      return current === undefined ? work() : runStep(current.begin(start), work, storage)
    },
    onDropped: (tell) => void (tellDropped = tell),
    close: () => provider.shutdown(),
  }
}

class TracedSpan implements Span {
  readonly root: TracedSpan
  readonly #tracer: Tracer
  readonly #context: Context
  readonly #span: OpenSpan

  constructor(tracer: Tracer, { name, kind, facts = {} }: SpanStart, parent: Context, root: TracedSpan | null) {
    this.#tracer = tracer
    this.#span = tracer.startSpan(name, { kind: KINDS[kind], attributes: { ...facts } }, parent)
    this.#context = trace.setSpan(ROOT_CONTEXT, this.#span)
    this.root = root ?? this
  }

  begin(start: SpanStart): TracedSpan {
    return new TracedSpan(this.#tracer, start, this.#context, this.root)
  }

  tell(facts: SpanFacts): void {
    this.#span.setAttributes({ ...facts })
  }

  fail(reason: string): void {
    this.#span.setAttribute('error.type', reason)
    this.#span.setStatus({ code: SpanStatusCode.ERROR })
  }

  end(): void {
    this.#span.end()
  }

  get headers(): readonly string[] {
    const { traceId, spanId, traceState } = this.#span.spanContext()
    const state = traceState?.serialize() ?? ''
    const parent = ['traceparent', writeTraceParent({ traceId, spanId, isSampled: true })]
    return state === '' ? parent : [...parent, 'tracestate', state]
  }
}

function contextOf(parent: TraceParent | null): Context {
  if (parent === null) return ROOT_CONTEXT
  const { traceId, spanId, state } = parent
  const traceState = state === '' ? {} : { traceState: createTraceState(state) }
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
    ...traceState,
  })
}

async function runStep<T>(
  span: TracedSpan,
  work: () => Promise<T>,
  storage: AsyncLocalStorage<TracedSpan>,
): Promise<T> {
  try {
    return await storage.run(span, work)
  } catch (error) {
    span.fail(failureCode(error))
    throw error
  } finally {
    span.end()
  }
}
