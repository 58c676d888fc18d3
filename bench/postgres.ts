import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { isStoreUnavailable } from '../src/store/unavailable.ts'
import { administer, postgresProgram } from '../test/support/postgres.ts'

const DATABASE = 'postern'
const START_ATTEMPTS = 500
const execute = promisify(execFile)

/**
 * A PostgreSQL with Debian's own settings, every commit on the disk, reached by a unix socket in `folder`.
 * @param settings further ones, as `name=value`
 * @returns the connection URL of an empty database; the server ends with `opened`
 */
export async function startDurablePostgres(
  folder: string,
  opened: AsyncDisposableStack,
  settings: readonly string[] = [],
): Promise<string> {
  const owned = join(folder, 'postgres')
  mkdirSync(owned, { mode: 0o700 })
  if (isRoot()) chownSync(owned, idOfPostgres('-u'), idOfPostgres('-g'))
  const files = join(owned, 'data')
  await run('initdb', ['-D', files, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8'])
  const urlPrefix = `postgresql://postgres@${encodeURIComponent(owned)}/`
  const given = ['listen_addresses=', `unix_socket_directories=${owned}`, ...settings].flatMap((each) => ['-c', each])
  await startServer(['-D', files, ...given], { urlPrefix, opened })
  await administer(urlPrefix, `create database ${DATABASE}`)
  return urlPrefix + DATABASE
}

async function startServer(
  args: readonly string[],
  { urlPrefix, opened }: { urlPrefix: string; opened: AsyncDisposableStack },
): Promise<void> {
  const [command, ...whole] = asPostgres('postgres', args)
  const child = spawn(command, whole, { stdio: 'ignore' })
  opened.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGINT')
    await exit
  })
  for (let attempt = 0; attempt < START_ATTEMPTS && child.exitCode === null; attempt++) {
    if (await administer(urlPrefix, 'select 1').then(() => true, isTooEarly)) return
    await delay(20)
  }
  throw new Error(`PostgreSQL did not start; exit code ${child.exitCode ?? 'none yet'}.`)
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const [command, ...whole] = asPostgres(program, args)
  await execute(command, whole)
}

// SIGQUIT reaches the server when this process ends, however it ends. PostgreSQL refuses to run as root.
function asPostgres(program: string, args: readonly string[]): [string, ...string[]] {
  const user = isRoot() ? ['--reuid=postgres', '--regid=postgres', '--clear-groups'] : []
  return ['setpriv', '--pdeathsig=QUIT', ...user, postgresProgram(program), ...args]
}

function isTooEarly(error: unknown): false {
  if (isStoreUnavailable(error)) return false
  throw error
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

function idOfPostgres(option: '-u' | '-g'): number {
  return Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }))
}
