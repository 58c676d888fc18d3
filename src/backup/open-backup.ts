import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { OperatorError } from '../errors.ts'
import { deriveBackupKeys, readHeader } from './backup-header.ts'
import type { BackupFacts } from './backup-header.ts'
import { ChunkFault, openChunks } from './chunks.ts'
import { readRecords } from './read-records.ts'
import type { BackupRecord, RowsRecord } from './records.ts'

/** A file that its passphrase opens. */
export interface OpenBackup {
  readonly facts: BackupFacts
  readonly bytes: number
  /** What the purpose keys in it are wrapped by. */
  readonly purposeKeys: Buffer
  /**
   * All of it, from its beginning, as often as it is asked for.
   * @param onRead told how many bytes of the file were read since it was told last
   * @throws OperatorError where the file was cut off or changed
   */
  read(onRead?: (bytes: number) => void): AsyncGenerator<BackupRecord | RowsRecord>
}

const START_BYTES = 2_048
const READ_BYTES = 256 * 1024
const WRONG_PASSPHRASE = 'The passphrase is another than the backup was made with, or its beginning was damaged.'

/**
 * Opens a backup as far as its beginning tells; reading it finds the rest.
 * @param askPassphrase asked once it is known that the file is a backup
 * @throws OperatorError for what is no backup
 */
export async function openBackup(file: string, askPassphrase: () => Promise<string>): Promise<OpenBackup> {
  const { start, bytes } = await readStart(file)
  const header = readHeader(start)
  const keys = await deriveBackupKeys(await askPassphrase(), header)
  return {
    facts: header.facts,
    bytes,
    purposeKeys: keys.purposeKeys,
    read: (onRead = () => {}) =>
      explained(readRecords(openChunks(keys.chunks, bytesOf(file, header.bytes.length, onRead))), file),
  }
}

async function readStart(file: string): Promise<{ start: Buffer; bytes: number }> {
  try {
    await using handle = await open(file)
    const { size } = await handle.stat()
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0)
    return { start: buffer.subarray(0, bytesRead), bytes: size }
  } catch (cause) {
    throw new OperatorError(`${file} can't be read. Check its path and permissions.`, 1, { cause })
  }
}

async function* bytesOf(file: string, start: number, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const part of createReadStream(file, { start, highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>) {
    onRead(part.length)
    yield part
  }
}

async function* explained<T>(records: AsyncGenerator<T>, file: string): AsyncGenerator<T> {
  try {
    yield* records
  } catch (error) {
    if (!(error instanceof ChunkFault)) throw error
    if (error.openedBytes === 0)
      throw new OperatorError(`${WRONG_PASSPHRASE} Nothing was restored.`, 1, { cause: error })
    const what = `${file} was cut off or changed, after ${error.openedBytes} bytes of what it holds.`
    throw new OperatorError(`${what} Nothing was restored; try another copy.`, 1, { cause: error })
  }
}
