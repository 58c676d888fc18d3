import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statfsSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { migrate } from '../../src/store/migrate.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { statement } from '../../src/store/statement.ts'
import { isStoreUnavailable } from '../../src/store/unavailable.ts'
import { until } from './until.ts'

/** A PostgreSQL of its own in a temporary folder, reached by a unix socket only. */
export interface PostgresServer {
  /** Connection URL of a database of it, once the database's name is added. */
  readonly urlPrefix: string
  /** Where its unix socket is. */
  readonly socketFolder: string
  /** For what tests share; goes with the server. */
  readonly folder: string
  /** Sends a signal to every process of the server, so that SIGSTOP hangs it wholly. */
  signal(signal: NodeJS.Signals): void
  /** Starts it again after it was stopped or killed; resolves when it answers. */
  start(): Promise<void>
  /** Kills every process of it, as a machine does that loses power but not its memory. */
  kill(): Promise<void>
  /** Stops it, keeping its data. */
  stop(): Promise<void>
  /** Stops it and removes its folder. */
  close(): Promise<void>
}

/** The migrations that the program ships. */
export const MIGRATIONS = join(import.meta.dirname, '../../migrations')
/** The migrated database on the test server that others are copied from. */
export const TEMPLATE = 'postern_template'

const MEMORY = '/dev/shm'
const ENOUGH_BYTES = 2 ** 31
const LEFTOVER = /^postern-(?:postgres|test)-(\d+)-/
const INITDB = ['--no-sync', '-E', 'UTF8', '--locale=C.UTF-8']
const SETTINGS = [
  'listen_addresses=',
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'max_connections=100',
  'autovacuum=off',
  // In the server's folder, so that a killed server leaves nothing elsewhere.
  'dynamic_shared_memory_type=mmap',
]

/**
 * Makes and starts a server; the caller closes it. Dies with this process, even when that one is killed.
 * @param settings `name=value`, in place of those that make tests quick
 */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  removeLeftovers()
  const { folder, owned } = makeFolder()
  runProgram('initdb', ['-D', join(owned, 'data'), '-A', 'trust', '-U', 'postgres', ...INITDB])
  const server = new Server(folder, owned, settings)
  await server.start()
  return server
}

/** A server that follows another from a copy of it, under this name, until somebody promotes it. */
export async function startStandby(
  of: PostgresServer,
  name: string,
  settings: readonly string[] = [],
): Promise<PostgresServer> {
  const { folder, owned } = makeFolder()
  const primary = `host=${of.socketFolder} user=postgres application_name=${name}`
  runProgram('pg_basebackup', ['-D', join(owned, 'data'), '-d', primary, '-R', '-X', 'stream', '-c', 'fast'])
  const server = new Server(folder, owned, settings)
  await server.start()
  return server
}

/** A server with the database that tests copy. */
export async function startTestPostgres(): Promise<PostgresServer> {
  const server = await startPostgres()
  await administer(server.urlPrefix, `create database ${TEMPLATE} template template0`)
  const database = openPostgres({ url: `${server.urlPrefix}${TEMPLATE}` })
  await migrate(database, MIGRATIONS)
  await database.close()
  return server
}

/** Runs a statement that belongs to no test's database, such as `create database`. */
export async function administer(urlPrefix: string, text: string): Promise<void> {
  const database = openPostgres({ url: `${urlPrefix}postgres?target_session_attrs=any`, poolSize: 1 })
  try {
    await database.query(statement('text', text))
  } finally {
    await database.close()
  }
}

/** Where tests put their files: in memory where there is room, since many small databases keep a disk busy. */
export function temporaryRoot(): string {
  if (!existsSync(MEMORY)) return tmpdir()
  const { bavail, bsize } = statfsSync(MEMORY)
  return bavail * bsize > ENOUGH_BYTES ? MEMORY : tmpdir()
}

/** Path of one of PostgreSQL's own programs, of the newest version that is installed. */
export function postgresProgram(name: string): string {
  const root = '/usr/lib/postgresql'
  const newest = readdirSync(root).sort((one, other) => Number(other) - Number(one))[0]
  if (newest === undefined) throw new Error(`No PostgreSQL in ${root}: install the package postgresql.`)
  return join(root, newest, 'bin', name)
}

class Server implements PostgresServer {
  readonly folder: string
  readonly socketFolder: string
  readonly urlPrefix: string
  readonly #settings: readonly string[]
  #child: ChildProcess | null = null

  constructor(folder: string, owned: string, settings: readonly string[]) {
    this.folder = folder
    this.socketFolder = owned
    const port = settings.find((setting) => setting.startsWith('port='))?.replace('port=', ':') ?? ''
    this.urlPrefix = `postgresql://postgres@${encodeURIComponent(owned)}${port}/`
    this.#settings = [...SETTINGS, ...settings, `unix_socket_directories=${owned}`]
  }

  signal(signal: NodeJS.Signals): void {
    for (const each of this.#processes()) signalIfAlive(each, signal)
  }

  async start(): Promise<void> {
    const settings = this.#settings.flatMap((setting) => ['-c', setting])
    const data = join(this.socketFolder, 'data')
    const [command, args] = asPostgres(postgresProgram('postgres'), ['-D', data, ...settings])
    this.#child = spawn(command, args, { stdio: 'ignore' })
    await answers(this.#child, this.urlPrefix)
  }

  async stop(): Promise<void> {
    await this.#end((child) => {
      // A server that a test has stopped would never see the signal that ends it.
      this.signal('SIGCONT')
      child.kill('SIGINT')
    })
  }

  async kill(): Promise<void> {
    const processes = this.#processes()
    await this.#end(() => this.signal('SIGKILL'))
    // Each of them holds the shared memory until it is gone, and no server starts beside it.
    await until('all processes of the server are gone', 10_000, () => processes.every(isGone))
    // The lock names a process that is gone; its number may be another's by now.
    rmSync(join(this.socketFolder, 'data', 'postmaster.pid'), { force: true })
  }

  #processes(): number[] {
    const pid = this.#child?.pid
    return pid === undefined || isGone(pid) ? [] : [pid, ...childrenOf(pid)]
  }

  async #end(how: (child: ChildProcess) => void): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    how(child)
    await ended
  }

  async close(): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function makeFolder(): { folder: string; owned: string } {
  const folder = mkdtempSync(join(temporaryRoot(), `postern-postgres-${process.pid}-`))
  // The server's user looks its socket up in here.
  chmodSync(folder, 0o755)
  const owned = join(folder, 'server')
  mkdirSync(owned, { mode: 0o700 })
  if (isRoot()) chownSync(owned, idOfPostgres('-u'), idOfPostgres('-g'))
  return { folder, owned }
}

function runProgram(name: string, programArgs: string[]): void {
  const [command, args] = asPostgres(postgresProgram(name), programArgs)
  execFileSync(command, args, { stdio: 'ignore' })
}

// SIGQUIT reaches the server when the process that started it ends, however it ends. PostgreSQL refuses to run as root.
function asPostgres(program: string, args: string[]): [string, string[]] {
  const user = isRoot() ? ['--reuid=postgres', '--regid=postgres', '--clear-groups'] : []
  return ['setpriv', ['--pdeathsig=QUIT', ...user, program, ...args]]
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

function idOfPostgres(option: '-u' | '-g'): number {
  return Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }))
}

function childrenOf(pid: number): number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return list
    .split(' ')
    .map(Number)
    .filter((child) => child > 0)
}

/** Also true of one that only waits to be counted as dead. */
function isGone(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return true
  }
}

async function answers(child: ChildProcess, urlPrefix: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`PostgreSQL did not start: exit code ${child.exitCode}.`)
    if (await administer(urlPrefix, 'select 1').then(() => true, isTooEarly)) return
    await delay(20)
  }
  throw new Error('PostgreSQL did not start within 10 s.')
}

function isTooEarly(error: unknown): false {
  if (isStoreUnavailable(error)) return false
  throw error
}

// Of test runs that were killed: their servers died with them, their folders did not.
function removeLeftovers(): void {
  const root = temporaryRoot()
  for (const name of readdirSync(root)) {
    const pid = Number(LEFTOVER.exec(name)?.[1])
    if (pid > 0 && !signalIfAlive(pid, 0)) rmSync(join(root, name), { recursive: true, force: true })
  }
}

function signalIfAlive(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
