import { Pool } from 'undici'
import type { Readable } from 'node:stream'
import type { Duplex } from 'node:stream'

/** What the app is asked; headers as names and values in turn. */
export interface UpstreamRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly string[]
  readonly body: Readable | null
  readonly signal: AbortSignal
}

export interface UpstreamResponse {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: Readable
}

/** The app behind proxy mode. */
export interface Upstream {
  request(request: UpstreamRequest): Promise<UpstreamResponse>
  /** @returns the connection after the app's 101, and the headers of that answer */
  upgrade(
    request: Omit<UpstreamRequest, 'body'> & { protocol: string },
  ): Promise<{ headers: readonly string[]; socket: Duplex }>
  close(): Promise<void>
}

/** Long answers and idle streams are the app's to end, so only connecting and the first header are bounded. */
const LIMITS = { connect: { timeout: 3_000 }, headersTimeout: 60_000, bodyTimeout: 0, connections: 256 }

/** @param url scheme, host and port of the app */
export function openUpstream(url: URL): Upstream {
  const pool = new Pool(url.origin, LIMITS)
  return {
    async request({ method, target, headers, body, signal }) {
      const response = await pool.request({
        method,
        path: target,
        headers: [...headers],
        body,
        signal,
        responseHeaders: 'raw',
      })
      return { status: response.statusCode, headers: flat(response.headers), body: response.body }
    },
    async upgrade({ method, target, headers, protocol, signal }) {
      const upgraded = await pool.upgrade({
        method,
        path: target,
        headers: [...headers],
        protocol,
        signal,
        responseHeaders: 'raw',
      })
      return { headers: flat(upgraded.headers), socket: upgraded.socket }
    },
    close: () => pool.destroy(),
  }
}

/** With `responseHeaders: 'raw'` headers come as a list of names and values, which the types don't say. */
function flat(headers: unknown): readonly string[] {
  return (headers as readonly (string | Buffer)[]).map((part) =>
    typeof part === 'string' ? part : part.toString('latin1'),
  )
}
