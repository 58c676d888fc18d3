import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openEmbedded } from '../../src/store/embedded.ts'
import { migrate } from '../../src/store/migrate.ts'
import { MIGRATIONS, temporaryRoot } from './postgres.ts'

/** What closes things after a test: the test's context, or `{ after }` of node:test for a whole file. */
export interface Cleanup {
  after(close: () => Promise<void>): void
}

const finished: string[] = []
let ownFolder = ''
process.on('exit', () => finished.forEach((directory) => rmSync(directory, { recursive: true, force: true })))

/** A data directory with its secret key and the tables, but nothing in them: the program starts in half the time. */
export async function migratedDirectory(t: Cleanup): Promise<string> {
  const directory = await temporaryDirectory(t)
  await cp(await embeddedTemplate(), directory, { recursive: true })
  await writeFile(join(directory, 'secret-key'), `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 })
  return directory
}

/**
 * An empty folder. Removed when the process ends, since a test's closers run in the order of their opening; that of a
 * test which never ended stays.
 */
export async function temporaryDirectory(t: Cleanup): Promise<string> {
  const directory = await mkdtemp(join(temporaryRoot(), `postern-test-${process.pid}-`))
  t.after(async () => void finished.push(directory))
  return directory
}

// Made by the first file that wants it. Where two make one at once, the second to finish throws its own away.
async function embeddedTemplate(): Promise<string> {
  const template = join(sharedFolder(), 'embedded')
  if (existsSync(template)) return template
  const draft = await mkdtemp(`${template}-`)
  const database = await openEmbedded({ directory: draft, onExit: () => undefined })
  await migrate(database, MIGRATIONS)
  await database.close()
  await rename(draft, template).catch(() => rm(draft, { recursive: true }))
  return template
}

// What is run without the tests' global setup shares with nobody.
function sharedFolder(): string {
  const { POSTERN_TEST_FOLDER: folder } = process.env
  if (folder !== undefined) return folder
  if (ownFolder === '') finished.push((ownFolder = mkdtempSync(join(temporaryRoot(), `postern-test-${process.pid}-`))))
  return ownFolder
}
