import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KeyRing } from '../../src/lib/key-ring.ts'
import { openKeys } from '../../src/credentials/keys.ts'
import { openPasswords } from '../../src/credentials/password.ts'
import { applyPolicy } from '../../src/policies/apply.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { createUser } from '../../src/users/users.ts'
import type { Cleanup } from '../support/directories.ts'
import { temporaryRoot } from '../support/postgres.ts'
import { startRedis } from '../support/redis.ts'
import type { RedisServer } from '../support/redis.ts'
import { openRelay } from '../support/relay.ts'
import type { Relay } from '../support/relay.ts'
import { runCommand } from './command.ts'
import { createGateway } from './gateway.ts'
import type { Environment, Gateway } from './gateway.ts'
import { openStore } from './stores.ts'
import type { Store, StoreKind } from './stores.ts'

/** Everything that a run needs, on this machine alone, each part for itself to be broken. */
export interface World {
  readonly store: Store
  readonly redis: RedisServer
  readonly gateways: readonly Gateway[]
  /** Logins; all have the same password. */
  readonly users: readonly string[]
  readonly graceMs: number
  /** The keys that tokens are made with, to forge what should not pass. */
  readonly keys: KeyRing
  /** Runs a command as an operator beside the processes, on a link of its own; gives its exit code. */
  command(args: readonly string[]): Promise<number | null>
  /** The policy in which `/gate` is denied to everybody or open to all who signed in, as a file. */
  policyFile(denied: boolean): string
  /** Has all links lead to the primary of now. */
  repoint(): void
}

export interface WorldOptions {
  readonly store: StoreKind
  readonly processes?: number
  readonly users?: number
  readonly graceMs?: number
  /** False leaves the processes without a second tier, so that what memory lacks is read from the database at once. */
  readonly secondTier?: boolean
  /** A second tier that is there already, in place of a server of ours behind links. */
  readonly redisUrl?: string
  /** Breaks the program on purpose: the name of a break in `breaks.ts`. */
  readonly broken?: string
}

export const HOST = 'app.example.com'
export const PASSWORD = 'a correct horse battery'

const BREAKING = join(import.meta.dirname, 'break-program.ts')

/** Starts all of it and waits until every process serves. */
export async function startWorld(t: Cleanup, options: WorldOptions): Promise<World> {
  const { processes = 3, users = 12, graceMs = 5_000, secondTier = true, redisUrl } = options
  const folder = openFolder(t)
  const [store, redis] = await Promise.all([openStore(t, options.store), startRedis(t)])
  const secret = randomBytes(32).toString('base64')
  const logins = Array.from({ length: users }, (_, index) => `user${index}`)
  const keys = await populate(store, secret, logins)
  const operator = await openRelay(t, store.target)
  const environment = { ...settings(secret, graceMs), ...breaking(options.broken) }
  const gateways = await Promise.all(
    Array.from({ length: processes }, (_, index) =>
      openGateway(t, { index, store, redis, secondTier, redisUrl, environment }),
    ),
  )
  await Promise.all(gateways.map((gateway) => gateway.start()))
  const relays = [operator, ...gateways.map(({ postgres }) => postgres)]
  return {
    store,
    redis,
    gateways,
    users: logins,
    graceMs,
    keys,
    command: (args) => runCommand({ ...settings(secret, graceMs), ...databaseBy(operator, store) }, args),
    policyFile: (denied) => writePolicy(folder, denied),
    repoint: () => relays.forEach((relay) => relay.repoint(store.target)),
  }
}

function openFolder(t: Cleanup): string {
  const folder = mkdtempSync(join(temporaryRoot(), `postern-test-${process.pid}-`))
  t.after(async () => rmSync(folder, { recursive: true }))
  return folder
}

interface GatewayParts {
  readonly index: number
  readonly store: Store
  readonly redis: RedisServer
  readonly secondTier: boolean
  readonly redisUrl: string | undefined
  readonly environment: Environment
}

async function openGateway(t: Cleanup, parts: GatewayParts): Promise<Gateway> {
  const { index, store, redis, secondTier, redisUrl, environment } = parts
  const links = { postgres: await openRelay(t, store.target), redis: await openRelay(t, { port: redis.port }) }
  const stores = {
    ...databaseBy(links.postgres, store),
    ...(secondTier && { POSTERN_REDIS_URL: redisUrl ?? `redis://127.0.0.1:${links.redis.port}/0` }),
  }
  const gateway = await createGateway({ index, ...links, environment: { ...environment, ...stores } })
  t.after(async () => {
    await gateway.agent.destroy()
    await gateway.kill()
  })
  return gateway
}

function settings(secret: string, graceMs: number): Environment {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '/',
    POSTERN_SECRET_KEY: secret,
    POSTERN_PUBLIC_URL: `https://${HOST}/.postern`,
    POSTERN_OUTAGE_GRACE: `${graceMs}ms`,
    POSTERN_LOG_LEVEL: 'warn',
  }
}

function breaking(broken: string | undefined): Environment {
  return broken === undefined ? {} : { NODE_OPTIONS: `--import=${BREAKING}`, FAULTS_BREAK: broken }
}

function databaseBy(relay: Relay, { name }: Store): Environment {
  return { POSTERN_DATABASE_URL: `postgresql://postgres@127.0.0.1:${relay.port}/${name}` }
}

/** Users are made without the command line, whose start costs more than all of them. */
async function populate({ url }: Store, secret: string, logins: readonly string[]): Promise<KeyRing> {
  const database = openPostgres({ url })
  try {
    const keys = await openKeys(database, [secret])
    const password = await (await openPasswords(keys.pepper)).hash(PASSWORD)
    const profile = (login: string) => ({ login, email: `${login}@example.com`, name: login, roles: [], password })
    await database.transaction(async (tx) => {
      for (const login of logins) await createUser(tx, profile(login))
    })
    await applyPolicy(database, { source: policyText(false), by: 'test', reason: 'test', onlyForward: false })
    return keys.token
  } finally {
    await database.close()
  }
}

function policyText(denied: boolean): string {
  const gate = denied ? ['      - { path: /gate, deny: true }'] : []
  const app = ['  - name: app', `    hosts: [${HOST}]`, '    rules:', ...gate, '      - { require: {} }']
  return ['version: 1', 'apps:', ...app, ''].join('\n')
}

function writePolicy(folder: string, denied: boolean): string {
  const file = join(folder, denied ? 'denied.yaml' : 'open.yaml')
  writeFileSync(file, policyText(denied))
  return file
}
