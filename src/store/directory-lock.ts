import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { OperatorError } from '../errors.ts'

export interface DirectoryLock {
  release(): void
}

// SQLITE_BUSY
const BUSY = 5

/**
 * Makes this process the only owner of a data directory, which is made with mode 0700 where it is missing. The lock is
 * SQLite's on the file `lock`: the kernel frees it when the process dies, and it holds across containers of one kernel.
 * It lasts until `release`, whether or not the caller keeps what is returned.
 * @throws OperatorError when another process has it, or the directory can't be written
 */
export function lockDirectory(directory: string): DirectoryLock {
  let file: DatabaseSync | null = null
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    file = new DatabaseSync(join(directory, 'lock'))
    // Whoever may open it may hold it, and with it the start.
    chmodSync(join(directory, 'lock'), 0o600)
    file.exec('begin exclusive')
  } catch (error) {
    file?.close()
    throw refusal(directory, error)
  }
  return keptUntilReleased(file)
}

// A handle that nothing refers to any more is closed when memory is tidied up, and the lock would go with it.
function keptUntilReleased(file: DatabaseSync): DirectoryLock {
  const close = (): void => file.close()
  process.once('exit', close)
  return {
    release() {
      process.off('exit', close)
      close()
    },
  }
}

function refusal(directory: string, error: unknown): OperatorError {
  if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) {
    const advice = 'Stop it first, or set POSTERN_DATA_DIR to another directory.'
    return new OperatorError(`The data directory ${directory} is in use by another Postern process. ${advice}`)
  }
  const reason = error instanceof Error ? error.message : String(error)
  const advice = 'Set POSTERN_DATA_DIR to a directory that this user may write.'
  return new OperatorError(`The data directory ${directory} can't be used: ${reason}. ${advice}`, 1, { cause: error })
}
