import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Cleanup } from './directories.ts'
import { until } from './until.ts'

/** One span as a collector was told of it. */
export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty for the first of a trace. */
  readonly parentSpanId: string
  readonly traceState: string
  readonly name: string
  /** 1 our own work, 2 answers somebody, 3 asks somebody (OTLP). */
  readonly kind: number
  readonly isError: boolean
  readonly facts: Readonly<Record<string, string | number | boolean>>
  /** `service.instance.id` of the process. */
  readonly instance: string
}

export interface Collector {
  /** For `POSTERN_TRACES_URL`. */
  readonly url: string
  readonly spans: () => readonly ReceivedSpan[]
  /** All requests as they came: path, headers and body. */
  readonly raw: () => readonly string[]
  /** Waits until this many spans of a name have come, and gives them. */
  readonly named: (name: string, count?: number) => Promise<readonly ReceivedSpan[]>
  /** What it does with further requests; `take` at first. */
  mood: 'take' | 'fail' | 'hang' | 'drip'
}

const WITHIN_MS = 20_000

/** A collector for traces (OTLP over HTTP as JSON) on a free port. */
export async function startCollector(t: Cleanup): Promise<Collector> {
  const spans: ReceivedSpan[] = []
  const raw: string[] = []
  const server = createServer((request, response) => {
    void receive(request, response).catch(() => response.destroy())
  })
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request)
    raw.push(`${request.url} ${JSON.stringify(request.rawHeaders)} ${body}`)
    if (collector.mood === 'hang') return
    if (collector.mood === 'drip') return drip(response)
    if (collector.mood === 'fail') return void response.writeHead(500).end()
    spans.push(...spansIn(JSON.parse(body) as Told))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }
  server.listen(0, '127.0.0.1')
  t.after(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })
  await new Promise((listening) => server.once('listening', listening))
  const { port } = server.address() as AddressInfo
  const named = (name: string): ReceivedSpan[] => spans.filter((span) => span.name === name)
  const collector: Collector = {
    url: `http://127.0.0.1:${port}`,
    spans: () => spans,
    raw: () => raw,
    async named(name, count = 1) {
      await until(`${count} spans named ${name}`, WITHIN_MS, () => named(name).length >= count)
      return named(name)
    },
    mood: 'take',
  }
  return collector
}

function drip(response: ServerResponse): void {
  response.writeHead(200)
  const timer = setInterval(() => response.write(' '), 50)
  response.once('close', () => clearInterval(timer))
}

interface Value {
  readonly stringValue?: string
  readonly intValue?: number
  readonly doubleValue?: number
  readonly boolValue?: boolean
}

interface Facts {
  readonly attributes: readonly { readonly key: string; readonly value: Value }[]
}

interface ToldSpan extends Facts, Pick<ReceivedSpan, 'traceId' | 'spanId' | 'name' | 'kind'> {
  readonly parentSpanId?: string
  readonly traceState?: string
  readonly status: { readonly code: number }
}

interface Told {
  readonly resourceSpans: readonly {
    readonly resource: Facts
    readonly scopeSpans: readonly { readonly spans: readonly ToldSpan[] }[]
  }[]
}

const ERROR = 2

function spansIn({ resourceSpans }: Told): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const instance = String(factsOf(resource)['service.instance.id'])
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => spanOf(span, instance)))
  })
}

function spanOf(span: ToldSpan, instance: string): ReceivedSpan {
  const { traceId, spanId, parentSpanId = '', traceState = '', name, kind, status } = span
  const isError = status.code === ERROR
  return { traceId, spanId, parentSpanId, traceState, name, kind, isError, facts: factsOf(span), instance }
}

function factsOf({ attributes }: Facts): Record<string, string | number | boolean> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const { stringValue, intValue, doubleValue, boolValue } = value
      return [key, stringValue ?? intValue ?? doubleValue ?? boolValue ?? '']
    }),
  )
}
