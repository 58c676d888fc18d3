import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { openPostgres } from '../src/store/postgres.ts'
import type { PosternEnv } from '../test/support/postern-process.ts'
import { LOGIN, POLICY } from './cases.ts'
import { populate, ROLE } from './population.ts'
import { startDurablePostgres } from './postgres.ts'

/** Where one suite runs: a folder of its own and a PostgreSQL in it, with policy and people. */
export interface Place {
  readonly folder: string
  /** What every `postern serve` here is given. */
  readonly settings: PosternEnv
  readonly databaseUrl: string
  readonly secretKey: string
  /** Of the one person who can sign in. */
  readonly password: string
}

export interface PlaceOptions {
  readonly opened: AsyncDisposableStack
  readonly signal: AbortSignal
  readonly progress: (line: string) => void
}

const LAUNCHER = join(import.meta.dirname, '../bin/postern')
const execute = promisify(execFile)

/**
 * Starts PostgreSQL and installs Postern on it as an operator does. Everything ends with `opened`.
 * @param postgresSettings such as `shared_preload_libraries=pg_stat_statements`
 */
export async function openPlace(options: PlaceOptions, postgresSettings: readonly string[] = []): Promise<Place> {
  const { opened, signal, progress } = options
  const folder = temporaryFolder(opened)
  progress('starting PostgreSQL')
  const databaseUrl = await startDurablePostgres(folder, opened, postgresSettings)
  const password = randomBytes(18).toString('base64')
  const secretKey = randomBytes(32).toString('base64')
  const settings = {
    POSTERN_DATABASE_URL: databaseUrl,
    POSTERN_SECRET_KEY: secretKey,
    POSTERN_LOG_LEVEL: 'info',
    // Everybody here has one address, and signs in more often than people do.
    POSTERN_RATE_LIMITS: 'off',
  }
  progress('filling the database')
  await install(settings, { folder, password, signal })
  return { folder, settings, databaseUrl, secretKey, password }
}

/** Lends what tests start the stack that closes it: of a test's context they call `after` alone. */
export function asTestContext(opened: AsyncDisposableStack): TestContext {
  const after = (close: () => unknown): void => opened.defer(async () => void (await close()))
  return { after } as unknown as TestContext
}

function temporaryFolder(opened: AsyncDisposableStack): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'))
  opened.defer(() => rmSync(folder, { recursive: true, force: true }))
  // PostgreSQL runs as another user and looks its own folder up in here.
  chmodSync(folder, 0o755)
  return folder
}

/** Runs `postern` with these settings alone. @throws Error with its own words when it fails */
export async function runCommand(
  settings: PosternEnv,
  args: readonly string[],
  { input = '', signal }: { readonly input?: string; readonly signal: AbortSignal },
): Promise<void> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...settings }
  const running = execute(LAUNCHER, args, { env, signal })
  running.child.stdin?.end(input)
  await running
}

async function install(
  settings: PosternEnv,
  { folder, password, signal }: { folder: string; password: string; signal: AbortSignal },
): Promise<void> {
  const postern = (args: readonly string[], input = ''): Promise<void> => runCommand(settings, args, { input, signal })
  const policy = join(folder, 'policy.yaml')
  writeFileSync(policy, POLICY)
  await postern(['migrate'])
  await postern(['policy', 'apply', policy])
  const database = openPostgres({ url: settings['POSTERN_DATABASE_URL'] ?? '', poolSize: 1 })
  try {
    await populate(database)
  } finally {
    await database.close()
  }
  const person = [LOGIN, '--email', `${LOGIN}@example.com`, '--name', 'Alice Example', '--role', ROLE]
  await postern(['user', 'create', ...person, '--password-stdin'], password)
}
