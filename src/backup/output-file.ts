import { existsSync } from 'node:fs'
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { OperatorError } from '../errors.ts'

/** @throws OperatorError where a file is there already */
export function refuseExisting(file: string): void {
  if (existsSync(file)) throw thereAlready(file)
}

/**
 * Writes a file for its owner alone, which is there whole, and on the disk, or not at all.
 * @param mayReplace else a file that is there stays, whoever made it meanwhile
 * @returns its length in bytes
 * @throws OperatorError when it can't be written
 */
export async function writeFileWhole(file: string, parts: AsyncIterable<Buffer>, mayReplace: boolean): Promise<number> {
  const draft = `${file}.${process.pid}.part`
  try {
    const bytes = await writeDraft(draft, parts)
    await (mayReplace ? rename(draft, file) : link(draft, file))
    await syncFolderOf(file)
    return bytes
  } catch (error) {
    if (isCode(error, 'EEXIST')) throw thereAlready(file)
    if (!(error instanceof Error) || !('syscall' in error) || 'severity' in error) throw error
    throw new OperatorError(`${file} can't be written: ${error.message}. Nothing is left of it.`, 1, { cause: error })
  } finally {
    await rm(draft, { force: true })
  }
}

/** Writes to standard output. @returns how many bytes */
export async function writeToOutput(parts: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const part of parts) {
      bytes += part.length
      yield part
    }
  }
  await pipeline(Readable.from(counted()), process.stdout, { end: false })
  return bytes
}

async function writeDraft(draft: string, parts: AsyncIterable<Buffer>): Promise<number> {
  await using file = await open(draft, 'wx', 0o600)
  let bytes = 0
  for await (const part of parts) {
    await file.writeFile(part)
    bytes += part.length
  }
  await file.sync()
  return bytes
}

/** The new name is on the disk once its folder is. */
async function syncFolderOf(file: string): Promise<void> {
  await using folder = await open(dirname(file))
  await folder.sync()
}

function thereAlready(file: string): OperatorError {
  return new OperatorError(`${file} is there already. Choose another name, or replace it with --force.`)
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
