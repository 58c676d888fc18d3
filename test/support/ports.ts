import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the range from which the kernel takes the ports of outgoing connections, so that none of those is in the way
// between the moment a port was found free and the moment a server listens on it.
const FIRST_PORT = 12_000
const LAST_PORT = 31_999

/**
 * A TCP port on 127.0.0.1 that nobody listens on.
 * @param taken one that is spoken for though nobody listens on it yet
 */
export async function freePort(taken = 0): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1)
    if (port !== taken && (await isFree(port))) return port
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${LAST_PORT}`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
