import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connectVerify } from './verify-connection.ts'
import type { VerifyConnection } from './verify-connection.ts'

const MAX_CONNECTIONS = 500
/** Any text will do: an answer, whatever it says, shows that a worker has taken the connection. */
const NO_TOKEN = 'none'

/**
 * One connection to each worker behind a shared listener. The kernel chooses who takes a connection, and is asked
 * afterwards who did.
 * @throws Error when one of them takes none of 500
 */
export async function connectToEach(
  address: string,
  workers: readonly number[],
  opened: AsyncDisposableStack,
): Promise<VerifyConnection[]> {
  const found = new Map<number, VerifyConnection>()
  for (let tried = 0; tried < MAX_CONNECTIONS && found.size < workers.length; tried++) {
    const connection = await connectVerify(address)
    opened.defer(() => connection.close())
    await connection.ask(NO_TOKEN)
    const inode = socketInode(readFileSync('/proc/net/tcp', 'utf8'), portOf(address), connection.localPort)
    const worker = workers.find((pid) => holdsSocket(pid, inode))
    if (worker !== undefined) found.set(worker, connection)
  }
  if (found.size < workers.length) throw new Error(`a worker at ${address} takes no connections`)
  return [...found.values()]
}

/** The inode of the server's end. @param table text of /proc/net/tcp, ports in hexadecimal */
export function socketInode(table: string, serverPort: number, clientPort: number): string | null {
  const ends = [serverPort, clientPort].map((port) => port.toString(16).toUpperCase().padStart(4, '0'))
  for (const line of table.split('\n')) {
    const [, local = '', remote = '', , , , , , , inode = ''] = line.trim().split(/\s+/)
    if (local.endsWith(`:${ends[0]}`) && remote.endsWith(`:${ends[1]}`)) return inode
  }
  return null
}

function holdsSocket(pid: number, inode: string | null): boolean {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).some((fd) => linkOf(`${folder}/${fd}`) === `socket:[${inode}]`)
}

/** Null for one that was closed meanwhile. */
function linkOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1))
}
