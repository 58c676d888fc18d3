import type { Socket } from 'node:net'
import { clientAddress, readAddress } from '../lib/address.ts'
import type { Networks } from '../lib/address.ts'
import { PosternError } from '../errors.ts'

/** An address that no list of networks holds, for a peer that is gone before it could be asked. */
const NOWHERE = '0.0.0.0'

/** Address of the other end, or null on a Unix socket, whose file mode says who may connect. */
export function peerAddress(socket: Socket, listener: { readonly kind: 'tcp' | 'unix' }): string | null {
  if (listener.kind === 'unix') return null
  return readAddress(socket.remoteAddress ?? '') ?? NOWHERE
}

/**
 * The client behind the trusted proxies of a portal request.
 * @throws PosternError `bad_request` when what a trusted proxy says can't be read
 */
export function portalClient(peer: string | null, forwardedFor: readonly string[], trusted: Networks): string {
  const address = clientAddress({ peer, forwardedFor, trusted })
  if (address === null) throw new PosternError('bad_request', 'X-Forwarded-For can not be read')
  return address
}
