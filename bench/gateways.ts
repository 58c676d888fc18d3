import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startPostern } from '../test/support/postern-process.ts'
import type { PosternEnv } from '../test/support/postern-process.ts'
import { freePort } from '../test/support/ports.ts'
import { startRedis } from '../test/support/redis.ts'
import type { Against } from './against.ts'
import { HOSTS } from './cases.ts'
import type { GatewayName, PosternName } from './cases.ts'
import { asTestContext } from './place.ts'
import type { Place } from './place.ts'
import { familyOf, startProgram } from './processes.ts'

/** Something that answers verify requests. */
export interface Gateway {
  /** Where it is asked, as nginx writes it: `unix:/x` or `127.0.0.1:1`. */
  readonly address: string
  /** Path and query of its verify endpoint. */
  readonly target: string
  /** All its processes; null where they are unknown. */
  readonly pids: readonly number[] | null
  /** Where it counts what it answered; null for those that don't. */
  readonly metricsUrl: string | null
  /** Where its portal listens; null for those without. */
  readonly portal: string | null
  /** Forgets what its processes share; null for those that share nothing. */
  readonly emptyShared: (() => void) | null
}

export interface GatewayOptions {
  readonly place: Place
  readonly against: Against | null
  readonly opened: AsyncDisposableStack
}

interface PosternKind {
  readonly over: 'unix' | 'tcp'
  readonly settings?: PosternEnv
  readonly redis?: true
}

const TARGET = '/verify/nginx/app/app'
const BARE_SERVER = join(import.meta.dirname, 'bare-server.ts')
const LANE_OFF = { POSTERN_EXPRESS_LANE: 'off' }
const POSTERNS: Readonly<Record<PosternName, PosternKind>> = {
  postern: { over: 'unix' },
  postern_off: { over: 'unix', settings: LANE_OFF },
  postern_tcp: { over: 'tcp' },
  postern_tcp_off: { over: 'tcp', settings: LANE_OFF },
  postern_two: { over: 'unix', settings: { POSTERN_WORKERS: '2' } },
  postern_l2: { over: 'unix', redis: true },
  postern_l3: { over: 'unix' },
}

/** Starts one of them, or knows where another runs already; null where nobody is asked. It ends with `opened`. */
export async function startGateway(name: GatewayName, options: GatewayOptions): Promise<Gateway | null> {
  if (isPostern(name)) return startPosternGateway(name, options)
  switch (name) {
    case 'none':
      return null
    case 'against':
      return options.against === null ? null : otherGateway(options.against)
    case 'node_http':
    case 'node_http_tcp':
      return startNodeHttp(name, options)
    case 'nginx':
    case 'nginx_tcp':
      return startNginxGateway(name, options)
  }
}

function isPostern(name: GatewayName): name is PosternName {
  return Object.hasOwn(POSTERNS, name)
}

function otherGateway({ address, target, pid }: Against): Gateway {
  return { ...withoutExtras(address, pid === null ? null : familyOf(pid)), target }
}

/** Each is the portal of its own host, so that the one cookie counts on all of them. */
async function startPosternGateway(name: PosternName, { place, opened }: GatewayOptions): Promise<Gateway> {
  const { over, settings, redis } = POSTERNS[name]
  const shared = redis === undefined ? null : await startRedis(asTestContext(opened))
  const { process: child, env } = await startPostern(asTestContext(opened), {
    ...place.settings,
    POSTERN_PUBLIC_URL: `https://${HOSTS[name]}/.postern`,
    ...(over === 'unix' && { POSTERN_VERIFY_LISTEN: `unix:${place.folder}/${name}.sock` }),
    ...(shared !== null && { POSTERN_REDIS_URL: `redis://127.0.0.1:${shared.port}` }),
    ...settings,
  })
  return {
    address: env['POSTERN_VERIFY_LISTEN'] ?? '',
    target: TARGET,
    pids: familyOf(child.pid ?? 0),
    metricsUrl: `http://${env['POSTERN_OPS_LISTEN']}/metrics`,
    portal: env['POSTERN_LISTEN'] ?? '',
    emptyShared: shared === null ? null : () => void shared.run(['flushall']),
  }
}

async function startNodeHttp(name: 'node_http' | 'node_http_tcp', options: GatewayOptions): Promise<Gateway> {
  const address = await addressFor(name, options.place)
  const pid = await startProgram(process.execPath, [BARE_SERVER, address], { address, opened: options.opened })
  return withoutExtras(address, [pid])
}

/** An nginx that is a gateway itself and says yes to all. */
async function startNginxGateway(name: 'nginx' | 'nginx_tcp', { place, opened }: GatewayOptions): Promise<Gateway> {
  const address = await addressFor(name, place)
  writeFileSync(join(place.folder, `${name}.conf`), gatewayConf(name, address))
  const parts = ['-p', place.folder, '-c', `${name}.conf`, '-g', 'daemon off; master_process off;']
  const pid = await startProgram('nginx', parts, { address, opened })
  return withoutExtras(address, [pid])
}

function gatewayConf(name: string, address: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`)
  return `pid ${name}.pid; error_log stderr warn; events {}
http {
  ${temporary.join(' ')}
  access_log off; keepalive_timeout 75s; keepalive_requests 100000000;
  server { listen ${address}; location /verify/ { return 204; } }
}`
}

async function addressFor(name: GatewayName, place: Place): Promise<string> {
  return name.endsWith('_tcp') ? `127.0.0.1:${await freePort()}` : `unix:${place.folder}/${name}.sock`
}

function withoutExtras(address: string, pids: readonly number[] | null): Gateway {
  return { address, target: TARGET, pids, metricsUrl: null, portal: null, emptyShared: null }
}
