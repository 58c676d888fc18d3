import type { Cleanup } from './directories.ts'
import { freePort } from './ports.ts'
import { startRedis } from './redis.ts'
import type { RedisServer } from './redis.ts'
import type { Certificate } from './tls.ts'
import { until } from './until.ts'

export interface TlsRedis extends RedisServer {
  readonly tlsPort: number
}

/** What a server shows, and whom it believes: clients must show something too. */
export interface TlsFiles {
  readonly certificate: Certificate
  readonly caPath: string
}

/** A server that takes TLS at one port, and for the test itself plain connections at another. */
export async function startTlsRedis(t: Cleanup, files: TlsFiles, args: readonly string[] = []): Promise<TlsRedis> {
  const tlsPort = await freePort()
  const server = await startRedis(t, { args: [...tlsArgs(files, tlsPort), ...args] })
  return Object.assign(server, { tlsPort })
}

/** A master, and a sentinel that tells it by its name; both over TLS. @returns the URL */
export async function startTlsSentinel(t: Cleanup, files: TlsFiles): Promise<string> {
  const master = await startTlsRedis(t, files)
  const tlsPort = await freePort()
  const names = ['sentinel resolve-hostnames yes', 'sentinel announce-hostnames yes', 'tls-replication yes']
  const lines = [...names, `sentinel monitor main localhost ${master.tlsPort} 1`]
  const settings = tlsArgs(files, tlsPort)
  const tls = settings.flatMap((each, index) => (index % 2 === 0 ? [`${each.slice(2)} ${settings[index + 1]}`] : []))
  await startRedis(t, { sentinel: [...tls, ...lines] })
  return `rediss+sentinel://localhost:${tlsPort}/main`
}

/** One node that has all slots and tells itself by its name. @returns the URL */
export async function startTlsCluster(t: Cleanup, files: TlsFiles): Promise<string> {
  const bus = String(await freePort())
  const named = ['--cluster-announce-hostname', 'localhost', '--cluster-preferred-endpoint-type', 'hostname']
  const secure = ['--tls-cluster', 'yes', '--cluster-enabled', 'yes', '--cluster-port', bus]
  const node = await startTlsRedis(t, files, [...secure, ...named])
  node.run(['cluster', 'addslotsrange', '0', '16383'])
  await until('the cluster is whole', 10_000, () => node.run(['cluster', 'info']).includes('cluster_state:ok'))
  return `rediss+cluster://localhost:${node.tlsPort}`
}

function tlsArgs({ certificate: { certificatePath, keyPath }, caPath }: TlsFiles, port: number): string[] {
  const files = ['--tls-cert-file', certificatePath, '--tls-key-file', keyPath, '--tls-ca-cert-file', caPath]
  return ['--tls-port', String(port), ...files]
}
