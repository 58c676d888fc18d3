import { open, rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { exportEvents } from '../audit/export.ts'
import type { ReadPage } from '../audit/export.ts'
import type { EventFormat } from '../audit/format.ts'
import type { EventRow } from '../audit/search-table.ts'
import { OperatorError } from '../errors.ts'

const TELL_EVERY_MS = 250

/**
 * Writes all that pages give to a file for its owner alone, which is there whole or not at all, or to standard output.
 * @throws OperatorError when the file can't be written
 */
export async function writeExport(readPage: ReadPage, format: EventFormat, output: string | null): Promise<void> {
  const progress = createProgress()
  const text = exportEvents(readPage, format, (events) => progress.tell(events))
  try {
    if (output === null) await writeToReader(text)
    else await writeWhole(output, text)
  } finally {
    progress.end()
  }
}

/** Who stops reading, such as `head`, has what he wants. */
async function writeToReader(text: AsyncGenerator<string>): Promise<void> {
  try {
    await pipeline(Readable.from(text), process.stdout, { end: false })
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EPIPE') throw error
  }
}

async function writeWhole(output: string, text: AsyncGenerator<string>): Promise<void> {
  const draft = `${output}.${process.pid}.part`
  try {
    await writeDraft(draft, text)
    await rename(draft, output)
  } catch (error) {
    await rm(draft, { force: true })
    if (!(error instanceof Error) || !('syscall' in error)) throw error
    throw new OperatorError(`${output} can't be written: ${error.message}.`, 1, { cause: error })
  }
}

async function writeDraft(draft: string, text: AsyncGenerator<string>): Promise<void> {
  const file = await open(draft, 'wx', 0o600)
  try {
    for await (const part of text) await file.writeFile(part)
    await file.sync()
  } finally {
    await file.close()
  }
}

interface Progress {
  tell(events: readonly EventRow[]): void
  end(): void
}

/** Counts on a terminal how far it has come; else says nothing. */
function createProgress(): Progress {
  if (!process.stderr.isTTY) return { tell: () => {}, end: () => {} }
  let count = 0
  let toldAt = Number.NEGATIVE_INFINITY
  let until = ''
  const write = (end: string): boolean => process.stderr.write(`\r${count} events${until}${end}`)
  return {
    tell(events) {
      count += events.length
      until = events.at(-1)?.occurred_at.replace(/^(.{19}).*/, ', until $1') ?? until
      if (performance.now() - toldAt < TELL_EVERY_MS) return
      toldAt = performance.now()
      write('')
    },
    end: () => void write('\n'),
  }
}
