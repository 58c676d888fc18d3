import { once } from 'node:events'
import { connect } from 'node:net'
import type { Server, Socket } from 'node:net'

/** A way in to a listener of this very process. */
export interface Door {
  /** Gives a connection once the listener has accepted it: until then all that is written would be one piece. */
  connect(): Promise<Socket>
}

/** @param server that listens on a Unix socket, which accepts in the order of connecting */
export function createDoor(server: Server, path: string): Door {
  const waiting: (() => void)[] = []
  server.on('connection', () => waiting.shift()?.())
  return {
    async connect() {
      const accepted = new Promise<void>((resolve) => void waiting.push(resolve))
      const socket = connect({ path, allowHalfOpen: true })
      await Promise.all([once(socket, 'connect'), accepted])
      return socket
    },
  }
}
