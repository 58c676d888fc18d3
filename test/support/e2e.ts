import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { forgetPolicies, openFilledDatabase } from './database.ts'
import { temporaryDirectory } from './directories.ts'
import { startEchoApp } from './echo-app.ts'
import type { EchoApp } from './echo-app.ts'
import type { Hosts } from './chromium.ts'
import { startNginx } from './nginx.ts'
import type { Nginx } from './nginx.ts'
import { freePort } from './ports.ts'
import { LAUNCHER, startPostern } from './postern-process.ts'
import type { PosternEnv, PosternProcess } from './postern-process.ts'

/** How a command ended. */
export interface CommandOutcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The real program in production form behind the shipped nginx, with an app that echoes. */
export interface ProductionSite {
  readonly nginx: Nginx
  readonly app: EchoApp
  /** The server as it was started first. */
  readonly postern: PosternProcess
  /** Scheme, host and port as visitors write them. */
  readonly origin: string
  readonly hosts: Hosts
  /** Runs a command that must succeed, with the server's settings; gives what it printed. */
  readonly command: (args: readonly string[], input?: string) => Promise<string>
  readonly applyPolicy: (policy: string) => Promise<string>
  /** Starts the server anew after it has ended. */
  readonly startAgain: () => Promise<PosternProcess>
}

export interface SiteOptions {
  /** Over TCP the gateway asks for a secret, and the site is at the scheme's own port. */
  readonly verify: 'unix' | 'tcp'
  /** An empty one; a new one on the test server unless given. */
  readonly databaseUrl?: string
  readonly env?: PosternEnv
  /** Changes nginx's example beyond what a site has to. */
  readonly edit?: (siteConf: string) => string
}

/** Everybody has this one. */
export const PASSWORD = 'a correct horse battery'
export const HOST = 'app.example.com'

/** In `staff`, but not in `admin`. */
export const ALICE = { login: 'alice', email: 'alice@example.com', name: 'Alice Ä.', role: 'staff' }
export const BOB = { login: 'bob', email: 'bob@example.com', name: 'Bob', role: 'admin' }

/** Far more than any command of a test takes, also beside others. */
const DEADLINE_MS = 60_000
const SECRET_KEY = 'a key that wraps the keys in the database'
const PROXY_SECRET = 'the secret that nginx and the gateway share'
const RULES = [
  '{ path: /public/**, allow: anyone }',
  '{ path: /healthz, methods: [GET], allow: anyone }',
  '{ path: /admin/**, require: { role: admin } }',
  '{ path: /old/**, deny: true }',
  '{ require: {} }',
]

/**
 * Runs `postern` with nothing but these settings and waits for its end; one that goes on running is killed.
 * @param launcher of another release than this one
 */
export async function runPostern(
  env: PosternEnv,
  args: readonly string[],
  input = '',
  launcher = LAUNCHER,
): Promise<CommandOutcome> {
  const inherited = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' }
  const child = spawn(launcher, args, {
    env: { ...inherited, ...env },
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  })
  const closed = once(child, 'close')
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  await closed
  return { exitCode: child.exitCode, stdout, stderr }
}

/** The tests' policy; `rules` come before all others. */
export function policyOf(origin: string, rules: readonly string[] = []): string {
  const { hostname, port } = new URL(origin)
  const shownPort = port === '' ? [] : [`    port: ${port}`]
  const lines = [...rules, ...RULES].map((rule) => `      - ${rule}`)
  const app = ['  - name: app', `    hosts: [${hostname}]`, ...shownPort, '    rules:', ...lines]
  return ['version: 1', 'roles:', '  staff: []', '  admin: []', 'apps:', ...app, ''].join('\n')
}

/** Starts all of it, set up by commands alone, as an operator would: migrations, Alice and Bob, policy. */
export async function startSite(t: TestContext, options: SiteOptions): Promise<ProductionSite> {
  const folder = await temporaryDirectory(t)
  const databaseUrl = options.databaseUrl ?? (await databaseWithPeople(t))
  const app = await startEchoApp(t)
  const addresses = await chooseAddresses(folder, options.verify)
  const nginx = await startNginx(t, {
    verify: addresses.POSTERN_VERIFY_LISTEN,
    portal: addresses.POSTERN_LISTEN,
    app: app.address,
    ...(options.verify === 'tcp' && { secret: PROXY_SECRET }),
    ...(options.edit !== undefined && { edit: options.edit }),
  })
  const origin = options.verify === 'tcp' ? `https://${HOST}` : `https://${HOST}:${nginx.httpsPort}`
  const env = { ...addresses, ...settings(origin, options, databaseUrl) }
  const command = (args: readonly string[], input?: string): Promise<string> => mustRun(env, args, input)
  const applyPolicy = async (policy: string): Promise<string> => {
    const file = join(folder, 'policy.yaml')
    writeFileSync(file, policy)
    return command(['policy', 'apply', file])
  }
  if (options.databaseUrl !== undefined) await command(['migrate'])
  await applyPolicy(policyOf(origin))
  if (options.databaseUrl !== undefined) await makePeople(command)
  const postern = await startPostern(t, env)
  const startAgain = (): Promise<PosternProcess> => startPostern(t, env)
  return { nginx, app, postern, origin, hosts: { [HOST]: nginx.httpsPort }, command, applyPolicy, startAgain }
}

/** A database of its own with Alice and Bob, whose keys `SECRET_KEY` opens. */
export async function databaseWithPeople(t: TestContext): Promise<string> {
  const policy = join(await temporaryDirectory(t), 'policy.yaml')
  writeFileSync(policy, policyOf(`https://${HOST}`))
  const { url } = await openFilledDatabase(t, 'postern_people', async (databaseUrl) => {
    const env = settings(`https://${HOST}`, { verify: 'unix' }, databaseUrl)
    const command: ProductionSite['command'] = (args, input) => mustRun(env, args, input)
    await command(['migrate'])
    await command(['policy', 'apply', policy])
    await makePeople(command)
    await forgetPolicies(databaseUrl)
  })
  return url
}

async function makePeople(command: ProductionSite['command']): Promise<void> {
  for (const { login, email, name, role } of [ALICE, BOB]) {
    const profile = ['--email', email, '--name', name, '--role', role]
    await command(['user', 'create', login, ...profile, '--password-stdin'], `${PASSWORD}\n`)
  }
}

async function chooseAddresses(folder: string, verify: 'unix' | 'tcp') {
  const [portal, verifyPort, ops] = await Promise.all([freePort(), freePort(), freePort()])
  return {
    POSTERN_LISTEN: `127.0.0.1:${portal}`,
    POSTERN_VERIFY_LISTEN: verify === 'unix' ? `unix:${join(folder, 'verify.sock')}` : `127.0.0.1:${verifyPort}`,
    POSTERN_OPS_LISTEN: `127.0.0.1:${ops}`,
  }
}

function settings(origin: string, { verify, env = {} }: SiteOptions, databaseUrl: string): PosternEnv {
  return {
    POSTERN_DATABASE_URL: databaseUrl,
    POSTERN_SECRET_KEY: SECRET_KEY,
    POSTERN_PUBLIC_URL: `${origin}/.postern`,
    ...(verify === 'tcp' && { POSTERN_PROXY_SECRET: PROXY_SECRET }),
    ...env,
  }
}

async function mustRun(env: PosternEnv, args: readonly string[], input?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await runPostern(env, args, input)
  if (exitCode !== 0) throw new Error(`postern ${args.join(' ')} ended with ${exitCode}: ${stderr}${stdout}`)
  return stdout
}
