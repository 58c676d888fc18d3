import { closeSync, existsSync, fdatasyncSync, fsyncSync, openSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'
import { syncPath, syncTree } from './durable-tree.ts'
import type { FromWorker, ToWorker } from './embedded-stream.ts'

interface OpenFile {
  readonly nfd?: number
  readonly node: unknown
}

interface NodeFileSystem {
  readonly stream_ops: { fsync?: (file: OpenFile) => number }
  realPath(node: unknown): string
}

const { directory } = workerData as { directory: string }
const SYNC = Uint8Array.of(0x53, 0, 0, 0, 4)
const LAST_WORDS = /\b(PANIC|FATAL): /
const LONGJMP_STATUS = 100
const START = ['-c', 'shared_buffers=8MB']
// With the default method the engine bypasses the fsync that is put in below.
const DURABLE_START = [...PGlite.defaultStartParams.filter((part) => part !== '-F'), '-c', 'wal_sync_method=fsync']

async function serve(port: MessagePort): Promise<void> {
  const database = await openDatabase(join(directory, 'db'), port)
  let current = 0
  const execute = (connection: number, bytes: Uint8Array) => {
    const answer = database.execProtocolRawSync(bytes)
    if (answer.length > 0) tell(port, { kind: 'receive', connection, bytes: new Uint8Array(answer) })
  }
  port.on('message', (message: ToWorker) => {
    switch (message.kind) {
      case 'open':
        current = message.connection
        cleanSession(database)
        return
      case 'send':
        if (message.connection === current) execute(current, message.bytes)
        return
      case 'stop':
        void database.close().then(() => port.close())
        return
    }
  })
  tell(port, { kind: 'ready' })
}

function tell(port: MessagePort, message: FromWorker): void {
  port.postMessage(message, message.kind === 'receive' ? [message.bytes.buffer] : [])
}

async function openDatabase(path: string, port: MessagePort): Promise<PGlite> {
  await rm(`${path}.new`, { recursive: true, force: true })
  if (!existsSync(path)) await createDatabase(path)
  let lastWords = ''
  const database = await PGlite.create({
    fs: new DurableFileSystem(path, port),
    startParams: [...DURABLE_START, ...START],
    onStderr: (line) => {
      if (LAST_WORDS.test(line)) lastWords = line
      return false
    },
  })
  stopOnTrap(database, (error) => fail(port, lastWords === '' ? error : new Error(lastWords)))
  return database
}

// Nothing waits for the disk while files are made; they go out once, and the name `db` appears when all are there.
async function createDatabase(path: string): Promise<void> {
  const draft = `${path}.new`
  await mkdir(draft, { mode: 0o700 })
  const database = await PGlite.create({
    fs: new NodeFS(draft),
    startParams: [...PGlite.defaultStartParams, ...START],
  })
  await database.close()
  await syncTree(draft)
  await rename(draft, path)
  await syncPath(join(path, '..'))
}

// The engine's file system never syncs: `fsync` answers without doing anything (0 calls in 470 writes).
class DurableFileSystem extends NodeFS {
  readonly #port: MessagePort

  constructor(path: string, port: MessagePort) {
    super(path)
    this.#port = port
  }

  override async init(...args: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(...args)
    const installFsync = (module: { NODEFS: unknown }) => {
      const files = module.NODEFS as NodeFileSystem
      files.stream_ops.fsync = (file) => this.#sync(file, files)
    }
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), installFsync] } }
  }

  // After a failed fsync nobody knows what the disk holds; only recovery from the log does.
  #sync(file: OpenFile, files: NodeFileSystem): number {
    try {
      if (file.nfd === undefined) syncDirectory(files.realPath(file.node))
      else fdatasyncSync(file.nfd)
      return 0
    } catch (error) {
      return fail(this.#port, error)
    }
  }
}

function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

// The engine swallows what it doesn't know, a PANIC or a trap of WebAssembly, and then reports success.
function stopOnTrap(database: PGlite, stop: (error: unknown) => never): void {
  const module = database.Module
  const step = module._PostgresMainLoopOnce.bind(module)
  module._PostgresMainLoopOnce = () => {
    try {
      step()
    } catch (error) {
      if (!isLongjmp(error)) stop(error)
      throw error
    }
  }
}

function isLongjmp(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'status' in error && error.status === LONGJMP_STATUS
}

function fail(port: MessagePort, error: unknown): never {
  tell(port, { kind: 'failed', reason: error instanceof Error ? error.message : String(error) })
  return process.exit(1)
}

// A connection that broke may have left a statement half sent, a transaction, prepared statements, locks.
function cleanSession(database: PGlite): void {
  for (const message of [SYNC, queryMessage('rollback'), queryMessage('discard all')]) {
    database.execProtocolRawSync(message)
  }
}

function queryMessage(text: string): Uint8Array {
  const body = Buffer.from(`${text}\0`)
  const head = Buffer.alloc(5, 'Q')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

if (parentPort) await serve(parentPort)
