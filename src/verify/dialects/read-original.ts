import { readHost } from '../../lib/host.ts'
import type { OriginalRequest } from '../../lib/original-request.ts'
import { readTarget } from '../../lib/target.ts'
import type { RefuseReason } from '../../policies/decision.ts'
import { readMethod } from '../../policies/method.ts'
import { isNavigation, isProgram, userAgentIn } from '../navigation.ts'
import type { WireHeaders, WireRequest } from '../wire.ts'

/** What a proxy says of the original request, before any of it has been read. */
export interface Described {
  readonly method: string
  readonly scheme: string
  readonly host: string
  /** Path and query as on the request line. */
  readonly target: string
  /** Null where it isn't an address; an empty text where the proxy never tells. */
  readonly clientAddress: string | null
}

/** Reads each part by its own strict grammar, the same for every dialect; the first that can't be read refuses. */
export function readOriginal(
  described: Described,
  request: WireRequest,
  headers: WireHeaders,
): OriginalRequest | RefuseReason {
  const method = readMethod(described.method)
  if (method === null) return 'bad_method'
  const { scheme } = described
  if (scheme !== 'http' && scheme !== 'https') return 'bad_scheme'
  const host = readHost(described.host)
  if (host === null) return 'bad_host'
  const target = readTarget(described.target)
  if (typeof target === 'string') return target
  const { clientAddress } = described
  if (clientAddress === null) return 'bad_client_address'
  const navigation = isNavigation(method, headers.hints)
  const { appName } = request
  return {
    method,
    scheme,
    host,
    target,
    clientAddress,
    userAgent: userAgentIn(headers.hints),
    navigation,
    isProgram: isProgram(headers.hints),
    appName,
    aliases: headers.aliases,
    overrides: headers.overrides,
  }
}
