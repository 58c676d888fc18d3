import { Cluster, Command } from 'ioredis'
import type { Redis } from 'ioredis'
import { OneServerConnector } from './redis-connector.ts'
import { CONNECT_MS, retryDelay, sessionOf } from './redis-client.ts'
import type { ClientEvents, ConnectOptions, Place, RedisClient } from './redis-client.ts'

/** A cluster is asked anew which node holds what no more often. */
const LOOK_AROUND_MS = 500

/** Connects to a cluster, of which some nodes are known by name. */
export function connectToCluster(options: ConnectOptions, events: ClientEvents): RedisClient {
  const { now } = options
  let cluster = openCluster(options, events)
  let lookedAt = -Infinity
  // The nodes that are known may all have gone to other addresses: those that were named are asked again.
  const connectAnew = (): void => {
    leave(cluster)
    cluster = openCluster(options, events)
  }
  return {
    placeOf: (key) => cluster.slots[slotOf(key)]?.[0] ?? '',
    places: () => cluster.nodes('master').map(placeOfNode),
    getRange: (key, last) => cluster.getrangeBuffer(key, 0, last),
    set: (key, value, lifeMs) => cluster.set(key, value, 'PX', lifeMs),
    delete: (key) => cluster.del(key),
    run: (script, keys, given) => cluster.eval(script, keys.length, ...keys, ...given),
    ping: (place) => ping(cluster, place),
    lookAround() {
      if (cluster.status !== 'ready' || now() - lookedAt < LOOK_AROUND_MS) return
      lookedAt = now()
      const asked = cluster
      asked.refreshSlotsCache((error) => {
        if (error && asked === cluster && asked.status === 'ready') connectAnew()
      })
    },
    close: () => leave(cluster),
  }
}

/** Redirections are followed, but no command is held back for a node or a cluster that is down. */
function openCluster(options: ConnectOptions, { onFailure, onReady }: ClientEvents): Cluster {
  const session = sessionOf(options)
  const cluster = new Cluster([...options.address.hosts], {
    redisOptions: { ...session, Connector: OneServerConnector },
    enableOfflineQueue: false,
    // What is not served now is said to each command; and a check that fails where a node is gone may never end.
    enableReadyCheck: false,
    clusterRetryStrategy: retryDelay,
    clusterNodeRetryStrategy: retryDelay,
    maxRedirections: 4,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshTimeout: CONNECT_MS,
    // Certificates name hosts, so the names that the cluster tells must not be turned into addresses.
    ...(session.tls !== undefined && { dnsLookup: (host, found) => found(null, host) }),
  })
  cluster.on('error', (error: Error) => onFailure('', reasonOf(error)))
  cluster.on('node error', (error: Error, place: Place) => onFailure(place, error))
  cluster.on('ready', onReady)
  return cluster
}

function leave(cluster: Cluster): void {
  for (const event of ['error', 'node error', 'ready']) cluster.removeAllListeners(event)
  cluster.on('error', () => undefined)
  cluster.disconnect()
}

/** Of all nodes or of one; a node whose connection is lost refuses at once. */
async function ping(cluster: Cluster, place: Place): Promise<unknown> {
  if (place === '') return cluster.ping()
  const node = cluster.nodes('master').find((each) => placeOfNode(each) === place)
  if (node === undefined || (node.status !== 'ready' && node.status !== 'wait'))
    throw new Error('Connection is closed.')
  return node.ping()
}

function placeOfNode({ options: { host, port } }: Redis): Place {
  return `${host}:${port}`
}

function slotOf(key: string): number {
  return new Command('get', [key]).getSlot()
}

/** Why the last node that was asked did not tell of the others. */
function reasonOf(error: Error): Error {
  const last = 'lastNodeError' in error ? error.lastNodeError : null
  return last instanceof Error && last.message !== 'Connection is closed.' ? last : error
}
