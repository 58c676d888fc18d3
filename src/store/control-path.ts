import { join, resolve } from 'node:path'
import { OperatorError } from '../errors.ts'

/** The kernel's limit is 108 bytes with the closing NUL. */
const MAX_SOCKET_PATH_BYTES = 107

/**
 * The socket by which commands reach the running server; only its owner can open it.
 * @throws OperatorError when the kernel takes no path that long
 */
export function controlSocketPath(dataDir: string): string {
  const path = join(resolve(dataDir), 'control.sock')
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return path
  throw new OperatorError(`POSTERN_DATA_DIR lies too deep for the socket ${path}. Choose a shorter path.`)
}
