import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

// As many as the thread pool runs at once; the file system then writes its journal once for several files.
const AT_ONCE = 8

/** Forces every file and directory below and including `root` to the disk. */
export async function syncTree(root: string): Promise<void> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries.map((entry) => join(entry.parentPath, entry.name))
  const left = [...paths, root].values()
  await Promise.all(Array.from({ length: AT_ONCE }, () => syncEach(left)))
}

/** Forces one file or directory to the disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function syncEach(paths: Iterable<string>): Promise<void> {
  for (const path of paths) await syncPath(path)
}
