import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openEmptyDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import type { Hosts } from '../support/chromium.ts'
import { databaseWithPeople, HOST, PASSWORD, policyOf, runPostern } from '../support/e2e.ts'
import { startEchoApp } from '../support/echo-app.ts'
import { startNginx } from '../support/nginx.ts'
import type { Nginx } from '../support/nginx.ts'
import { freePort } from '../support/ports.ts'
import { LAUNCHER, startPostern } from '../support/postern-process.ts'
import type { PosternEnv, PosternProcess } from '../support/postern-process.ts'
import type { Release } from './release.ts'

/** Several Posterns on one database behind one nginx, as `nginx/replicas.conf` has them. */
export interface Replicas {
  /** Scheme, host and port as visitors write them. */
  readonly origin: string
  readonly hosts: Hosts
  /** Settings of each, its addresses among them. */
  readonly envs: readonly PosternEnv[]
  /** Starts the one of this place and waits until it is ready; of another release where that is given. */
  start(place: number, release?: Release): Promise<PosternProcess>
  /** Runs a command that must succeed; gives what it printed. */
  command(args: readonly string[], options?: { readonly input?: string; readonly release?: Release }): Promise<string>
  applyPolicy(rules?: readonly string[]): Promise<string>
}

export interface ReplicasOptions {
  readonly count: number
  readonly verify: 'unix' | 'tcp'
  readonly env?: PosternEnv
  /** An empty one; a new one on the test server unless given. */
  readonly databaseUrl?: string
  /** The one that makes the database; this checkout's unless given. */
  readonly release?: Release
}

const CURRENT: Release = { version: 'this', launcher: LAUNCHER, env: {} }

/** Everybody there is; all have the same password. */
export const PEOPLE = ['alice', 'bob'] as const

const SHIPPED = join(import.meta.dirname, '../../nginx/replicas.conf')
const UPSTREAM = /^upstream postern_(verify|portal) \{\n(?:.*\n)*?\}\n/gm
const SERVER = /^ *server \S+/gm

/** Makes the database, people and policy, and starts nginx; none of the replicas. */
export async function openReplicas(t: TestContext, options: ReplicasOptions): Promise<Replicas> {
  const folder = await temporaryDirectory(t)
  const addresses = await Promise.all(
    Array.from({ length: options.count }, (_, place) => choose(folder, options, place)),
  )
  const nginx = await startProxy(t, addresses)
  const origin = `https://${HOST}:${nginx.httpsPort}`
  const { databaseUrl, isEmpty } = await chooseDatabase(t, options)
  const shared: PosternEnv = {
    POSTERN_DATABASE_URL: databaseUrl,
    POSTERN_SECRET_KEY: 'a key that wraps the keys in the database',
    POSTERN_PUBLIC_URL: `${origin}/.postern`,
    POSTERN_RATE_LIMITS: 'off',
    ...options.env,
  }
  const command = commandsWith(shared)
  const applyPolicy = async (rules: readonly string[] = [], release: Release = CURRENT): Promise<string> => {
    const file = join(folder, 'policy.yaml')
    writeFileSync(file, policyOf(origin, rules))
    return command(['policy', 'apply', file], { release })
  }
  const { release = CURRENT } = options
  if (isEmpty) await command(['migrate'], { release })
  await applyPolicy([], release)
  if (isEmpty) await Promise.all(PEOPLE.map((login) => createPerson(command, login, release)))
  const envs = addresses.map((own) => ({ ...shared, ...own }))
  return {
    origin,
    hosts: { [HOST]: nginx.httpsPort },
    envs,
    start: (place, { env, launcher } = CURRENT) => startPostern(t, { ...envs[place], ...env }, launcher),
    command,
    applyPolicy,
  }
}

async function chooseDatabase(
  t: TestContext,
  { databaseUrl, release }: ReplicasOptions,
): Promise<{ databaseUrl: string; isEmpty: boolean }> {
  if (databaseUrl !== undefined) return { databaseUrl, isEmpty: true }
  if (release !== undefined) return { databaseUrl: (await openEmptyDatabase(t)).url, isEmpty: true }
  return { databaseUrl: await databaseWithPeople(t), isEmpty: false }
}

async function startProxy(t: TestContext, addresses: readonly Addresses[]): Promise<Nginx> {
  const [first] = addresses
  return startNginx(t, {
    verify: first?.POSTERN_VERIFY_LISTEN ?? '',
    portal: first?.POSTERN_LISTEN ?? '',
    app: (await startEchoApp(t)).address,
    edit: (siteConf) => withReplicas(siteConf, addresses),
  })
}

function commandsWith(shared: PosternEnv): Replicas['command'] {
  return async (args, { input = '', release: { env, launcher } = CURRENT } = {}) => {
    const { exitCode, stdout, stderr } = await runPostern({ ...shared, ...env }, args, input, launcher)
    if (exitCode !== 0) throw new Error(`postern ${args.join(' ')} ended with ${exitCode}: ${stderr}${stdout}`)
    return stdout
  }
}

async function createPerson(command: Replicas['command'], login: string, release: Release): Promise<void> {
  const profile = ['--email', `${login}@example.com`, '--name', login, '--role', 'staff', '--password-stdin']
  await command(['user', 'create', login, ...profile], { input: `${PASSWORD}\n`, release })
}

type Addresses = Readonly<Record<'POSTERN_LISTEN' | 'POSTERN_VERIFY_LISTEN' | 'POSTERN_OPS_LISTEN', string>>

async function choose(folder: string, { verify }: ReplicasOptions, place: number): Promise<Addresses> {
  const [portal, verifyPort, ops] = await Promise.all([freePort(), freePort(), freePort()])
  return {
    POSTERN_LISTEN: `127.0.0.1:${portal}`,
    POSTERN_VERIFY_LISTEN:
      verify === 'unix' ? `unix:${join(folder, `verify-${place}.sock`)}` : `127.0.0.1:${verifyPort}`,
    POSTERN_OPS_LISTEN: `127.0.0.1:${ops}`,
  }
}

/** The site with the shipped upstreams in place of its own, but for the addresses. */
function withReplicas(siteConf: string, addresses: readonly Addresses[]): string {
  const listeners = { verify: 'POSTERN_VERIFY_LISTEN', portal: 'POSTERN_LISTEN' } as const
  const shipped = new Map(
    [...readFileSync(SHIPPED, 'utf8').matchAll(UPSTREAM)].map(([block, name = '']) => [name, block] as const),
  )
  return siteConf.replaceAll(UPSTREAM, (_, name: 'verify' | 'portal') => {
    const [line = '', ...others] = shipped.get(name)?.match(/^ *server .*$/gm) ?? []
    if (others.length < 2) throw new Error(`nginx/replicas.conf has no three servers of ${name}`)
    const servers = addresses.map((own) => line.replace(SERVER, `    server ${own[listeners[name]]}`))
    return (shipped.get(name) ?? '').replace(/(?:^ *server .*\n)+/m, `${servers.join('\n')}\n`)
  })
}
