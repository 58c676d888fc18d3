import type { Host } from './host.ts'
import type { Target } from './target.ts'

export type Scheme = 'http' | 'https'

/** The request that the proxy asks about, read strictly from what the proxy itself says of it. */
export interface OriginalRequest {
  /** Upper-case token, such as `GET`. */
  readonly method: string
  readonly scheme: Scheme
  readonly host: Host
  readonly target: Target
  /** Address of the client as the trusted proxies give it, in its shortest form, without port or zone. */
  readonly clientAddress: string
  /** As the client sent it; empty or left out where it sent none, or the proxy didn't tell. */
  readonly userAgent?: string
  /** True when a browser goes to a page, so that a redirect to the sign-in page helps. */
  readonly navigation: boolean
  /** True for what doesn't look like a browser, which would show a dialog of its own when asked for Basic. */
  readonly isProgram?: boolean
  /** The app that the verify URL named, or null where the host alone decides. */
  readonly appName: string | null
  /** Names of client headers that an app could take for identity headers, folded by `foldHeaderName`; mostly none. */
  readonly aliases: readonly string[]
  /** Methods that client headers name, by which some frameworks replace the one of the request line; mostly none. */
  readonly overrides: readonly string[]
}
