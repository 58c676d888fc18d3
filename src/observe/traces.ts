import type { TraceParent } from '../lib/trace-context.ts'

/** What a span tells besides its name and times; never what somebody typed, sent or keeps secret. */
export type SpanFacts = Readonly<Record<string, string | number | boolean | undefined>>

/** Whether the span answers somebody, asks somebody else, or is our own work. */
export type SpanKind = 'answers' | 'asks' | 'works'

/** Work under way that is to be seen in a trace. */
export interface Span {
  /** The first of this trace in this process, which is itself for that one. */
  readonly root: Span
  tell(facts: SpanFacts): void
  /** @param reason a short code: messages of errors may quote values */
  fail(reason: string): void
  end(): void
  /** Names and values in turn of the headers by which another program continues it. */
  readonly headers: readonly string[]
}

export interface SpanStart {
  readonly name: string
  readonly kind: SpanKind
  readonly facts?: SpanFacts
}

/** Traces of requests: where none is kept, nothing is made. There is none at all while they are off. */
export interface Tracing {
  /** What the code that runs now works for; null where that isn't traced. */
  readonly current: Span | null
  /**
   * Begins what a request is answered by, or gives null where its trace isn't kept.
   * @param parent as a trusted proxy tells it; without one a share of all is kept
   */
  begin(start: SpanStart, parent: TraceParent | null): Span | null
  /** Runs work, and all that follows from it, for this span. */
  within<T>(span: Span, work: () => T): T
  /** Runs work as a part of what is current, or just runs it. */
  step<T>(start: SpanStart, work: () => Promise<T>): Promise<T>
  /** Told of spans that nobody gets: there was no room for them, or the collector did not take them. */
  onDropped(tell: (count: number) => void): void
  /** Sends what is left, within a second or two. May be called once. */
  close(): Promise<void>
}

/** A code that tells what went wrong, and nothing of what it went wrong with. */
export function failureCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = 'code' in error ? error.code : null
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? code : error.name.slice(0, 40)
}
