import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startNginx } from '../test/support/nginx.ts'
import { startPostern } from '../test/support/postern-process.ts'
import type { PosternEnv, PosternProcess } from '../test/support/postern-process.ts'
import { openAccessLog } from './access-log.ts'
import type { AccessLog } from './access-log.ts'
import { HOSTS } from './cases.ts'
import type { GatewayName } from './cases.ts'
import { asTestContext, openPlace } from './place.ts'
import type { PlaceOptions } from './place.ts'
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

const BARE_SERVER = join(import.meta.dirname, 'bare-server.ts')

/** Starts PostgreSQL with people in it, the gateways, and one nginx before them all. They end with `opened`. */
export async function openEnvironment(options: PlaceOptions): Promise<Environment> {
  const { opened, signal, progress } = options
  const { folder, settings, databaseUrl, password } = await openPlace(options)
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
