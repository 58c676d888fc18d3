import { constants, existsSync } from 'node:fs'
import { copyFile, lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { OperatorError } from '../errors.ts'
import type { Database } from './database.ts'
import { lockDirectory } from './directory-lock.ts'
import type { DirectoryLock } from './directory-lock.ts'

/** A file as it was when it was copied. */
interface Copied {
  readonly size: bigint
  readonly changedNs: bigint
  /** Whether it had rested long enough that no change of it can hide in the clock's step. */
  readonly isSettled: boolean
}

type Known = Map<string, Copied>

const COPY = 'backup-copy'
const SETTLED_NS = 1_000_000_000n
const AT_ONCE = 4
const GONE = new Set(['ENOENT', 'ENOTDIR'])

/**
 * Copies the embedded database beside itself while it is used. Everybody waits for no more than what changed since the
 * first pass: nothing in the engine writes while its one connection is held.
 * @param directory the data directory
 * @returns a data directory with the copy, for its taker to lock and remove
 * @throws OperatorError while another copy is in use
 */
export async function copyEmbedded(database: Database, directory: string): Promise<{ path: string; heldMs: number }> {
  const path = join(directory, COPY)
  using lock = new DisposableStack()
  lock.adopt(lockCopy(path), (held) => held.release())
  const [from, to] = [join(directory, 'db'), join(path, 'db')]
  // Whatever else is there is the lock itself, which others see only as long as its file stays.
  await rm(to, { recursive: true, force: true })
  const known: Known = new Map()
  await database.withConnection((connection) => connection.script('checkpoint'))
  await copyTree(from, to, known)
  const heldMs = await database.withConnection(async (connection) => {
    const startedAt = performance.now()
    await connection.script('checkpoint')
    await copyTree(from, to, known)
    return performance.now() - startedAt
  })
  return { path, heldMs }
}

/** Removes a copy that nobody came back to, as after a kill: it would hold what is deleted since. */
export async function removeLeftCopy(directory: string): Promise<void> {
  const path = join(directory, COPY)
  if (!existsSync(path)) return
  let lock: DirectoryLock
  try {
    lock = lockDirectory(path)
  } catch {
    return
  }
  await rm(path, { recursive: true, force: true }).finally(() => lock.release())
}

function lockCopy(path: string): DirectoryLock {
  try {
    return lockDirectory(path)
  } catch (cause) {
    throw new OperatorError(`Another backup is being made from ${path}. Wait until it is done.`, 1, { cause })
  }
}

/** @param known what `to` holds already; afterwards all that it holds */
async function copyTree(from: string, to: string, known: Known): Promise<void> {
  const names = await listTree(from)
  for (const name of names.folders) await mkdir(join(to, name), { recursive: true, mode: 0o700 })
  const left = names.files.values()
  await Promise.all(Array.from({ length: AT_ONCE }, () => copyEach(left, { from, to, known })))
  const present = new Set(names.files)
  for (const name of known.keys()) if (!present.has(name)) await rm(join(to, name), { force: true })
}

async function listTree(root: string): Promise<{ folders: string[]; files: string[] }> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const named = entries.map((entry) => ({ entry, name: relative(root, join(entry.parentPath, entry.name)) }))
  return {
    folders: ['', ...named.filter(({ entry }) => entry.isDirectory()).map(({ name }) => name)],
    files: named.filter(({ entry }) => entry.isFile()).map(({ name }) => name),
  }
}

interface Place {
  readonly from: string
  readonly to: string
  readonly known: Known
}

async function copyEach(names: Iterable<string>, { from, to, known }: Place): Promise<void> {
  for (const name of names) {
    const before = known.get(name)
    const now = await look(join(from, name))
    if (now === null) continue
    if (before?.isSettled === true && before.size === now.size && before.changedNs === now.changedNs) continue
    const copied = copyFile(join(from, name), join(to, name), constants.COPYFILE_FICLONE)
    if ((await unlessGone(copied.then(() => true))) === true) known.set(name, now)
  }
}

async function look(path: string): Promise<Copied | null> {
  const found = await unlessGone(lstat(path, { bigint: true }))
  if (found === null) return null
  const nowNs = BigInt(Date.now()) * 1_000_000n
  return { size: found.size, changedNs: found.mtimeNs, isSettled: nowNs - found.mtimeNs > SETTLED_NS }
}

/** Files come and go while the database is used. */
async function unlessGone<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Error && 'code' in error && GONE.has(String(error.code))) return null
    throw error
  }
}
