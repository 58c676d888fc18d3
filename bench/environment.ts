import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { openPostgres } from '../src/store/postgres.ts'
import { startNginx } from '../test/support/nginx.ts'
import { startPostern } from '../test/support/postern-process.ts'
import type { PosternEnv, PosternProcess } from '../test/support/postern-process.ts'
import { openAccessLog } from './access-log.ts'
import type { AccessLog } from './access-log.ts'
import { HOSTS, LOGIN, POLICY } from './cases.ts'
import type { GatewayName } from './cases.ts'
import { populate, ROLE } from './population.ts'
import { startDurablePostgres } from './postgres.ts'
import { startProgram } from './processes.ts'
import { benchSite } from './site.ts'

/** A process that answers verify requests. */
export interface Gateway {
  readonly pids: readonly number[]
  /** Where it counts what it answered; null for those that don't. */
  readonly metricsUrl: string | null
}

/** Everything that is measured, running. */
export interface Environment {
  readonly httpsPort: number
  /** Its master; the workers are the children. */
  readonly nginxPid: number
  readonly accessLog: AccessLog
  readonly gateways: Readonly<Record<GatewayName, Gateway | null>>
  readonly databaseUrl: string
  readonly password: string
}

export interface EnvironmentOptions {
  readonly opened: AsyncDisposableStack
  readonly signal: AbortSignal
  readonly progress: (line: string) => void
}

const LAUNCHER = join(import.meta.dirname, '../bin/postern')
const BARE_SERVER = join(import.meta.dirname, 'bare-server.ts')
const execute = promisify(execFile)

/** Starts PostgreSQL with people in it, the gateways, and one nginx before them all. They end with `opened`. */
export async function openEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const { opened, signal, progress } = options
  const folder = temporaryFolder(opened)
  progress('starting PostgreSQL')
  const databaseUrl = await startDurablePostgres(folder, opened)
  const password = randomBytes(18).toString('base64')
  const settings = {
    POSTERN_DATABASE_URL: databaseUrl,
    POSTERN_SECRET_KEY: randomBytes(32).toString('base64'),
    POSTERN_LOG_LEVEL: 'info',
  }
  progress('filling the database')
  await install(settings, { folder, password, signal })
  signal.throwIfAborted()
  progress('starting the gateways and nginx')
  const overSocket = await startPostern(asTestContext(opened), {
    ...settings,
    ...publicUrl('postern'),
    POSTERN_VERIFY_LISTEN: `unix:${folder}/verify.sock`,
  })
  const overTcp = await startPostern(asTestContext(opened), { ...settings, ...publicUrl('postern_tcp') })
  const others = await startOthers(folder, opened)
  signal.throwIfAborted()
  const nginx = await startFront(folder, { overSocket, overTcp, opened })
  const gateways = { ...others, postern: gatewayOf(overSocket), postern_tcp: gatewayOf(overTcp), none: null }
  return { ...nginx, gateways, databaseUrl, password }
}

/** Each gateway is the portal of its own host, so that the one cookie counts on both. */
function publicUrl(gateway: 'postern' | 'postern_tcp'): PosternEnv {
  return { POSTERN_PUBLIC_URL: `https://${HOSTS[gateway]}/.postern` }
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

async function install(
  settings: PosternEnv,
  { folder, password, signal }: { folder: string; password: string; signal: AbortSignal },
): Promise<void> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...settings }
  const postern = async (args: readonly string[], input = ''): Promise<void> => {
    const running = execute(LAUNCHER, args, { env, signal })
    running.child.stdin?.end(input)
    await running
  }
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

async function startOthers(
  folder: string,
  opened: AsyncDisposableStack,
): Promise<Readonly<Record<'node_http' | 'nginx', Gateway>>> {
  const [nodeSocket, nginxSocket] = [join(folder, 'node.sock'), join(folder, 'nginx.sock')]
  const nodeHttp = await startProgram(process.execPath, [BARE_SERVER, nodeSocket], { socket: nodeSocket, opened })
  writeFileSync(join(folder, 'gateway.conf'), gatewayConf(nginxSocket))
  const parts = ['-p', folder, '-c', 'gateway.conf', '-g', 'daemon off; master_process off;']
  const nginx = await startProgram('nginx', parts, { socket: nginxSocket, opened })
  return { node_http: { pids: [nodeHttp], metricsUrl: null }, nginx: { pids: [nginx], metricsUrl: null } }
}

/** An nginx that is a gateway itself and says yes to all. */
function gatewayConf(socket: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`)
  return `pid gateway.pid; error_log stderr warn; events {}
http {
  ${temporary.join(' ')}
  access_log off; keepalive_timeout 75s; keepalive_requests 1000000;
  server { listen unix:${socket}; location /verify/ { return 204; } }
}`
}

interface Front {
  readonly overSocket: PosternProcess
  readonly overTcp: PosternProcess
  readonly opened: AsyncDisposableStack
}

async function startFront(
  folder: string,
  { overSocket, overTcp, opened }: Front,
): Promise<Pick<Environment, 'httpsPort' | 'nginxPid' | 'accessLog'>> {
  const app = `unix:${folder}/app.sock`
  const accessLog = join(folder, 'requests.log')
  const others = [
    { host: HOSTS.postern_tcp, verify: overTcp.env['POSTERN_VERIFY_LISTEN'] ?? '' },
    { host: HOSTS.node_http, verify: `unix:${folder}/node.sock` },
    { host: HOSTS.nginx, verify: `unix:${folder}/nginx.sock` },
    { host: HOSTS.none, verify: null },
  ]
  const { httpsPort, pid } = await startNginx(asTestContext(opened), {
    host: HOSTS.postern,
    verify: overSocket.env['POSTERN_VERIFY_LISTEN'] ?? '',
    portal: overSocket.env['POSTERN_LISTEN'] ?? '',
    app,
    edit: (siteConf) => benchSite(siteConf, { host: HOSTS.postern, others, app, accessLog }),
  })
  return { httpsPort, nginxPid: pid, accessLog: openAccessLog(accessLog) }
}

function gatewayOf({ process: child, env }: PosternProcess): Gateway {
  return { pids: [child.pid ?? 0], metricsUrl: `http://${env['POSTERN_OPS_LISTEN']}/metrics` }
}
