import { setTimeout as delay } from 'node:timers/promises'
import type { PostgresServer } from '../support/postgres.ts'
import type { Relay } from '../support/relay.ts'
import type { Gateway } from './gateway.ts'
import type { Recorder } from './history.ts'
import { FAULTS } from './schedule.ts'
import type { FaultKind, PlannedFault } from './schedule.ts'
import type { World } from './world.ts'

/** What begins a fault, and what ends it: then all is as it should be. */
interface Trouble {
  begin(): Promise<void> | void
  end(): Promise<void> | void
}

interface Injection {
  readonly recorder: Recorder
  /** Told of each fault as it begins and ends. */
  readonly tell: (line: string) => void
}

/** Brings all faults upon a world, each at its time; resolves when the last has healed. */
export async function injectAll(world: World, planned: readonly PlannedFault[], injection: Injection): Promise<void> {
  const startedAt = performance.now()
  await Promise.all(
    planned.map(async (fault) => {
      await delay(startedAt + fault.at - performance.now())
      await inject(world, fault, injection)
    }),
  )
}

/**
 * Brings one fault upon a world, and writes it down.
 * @param wait resolves when it is to end; after the time that was planned unless given
 */
export async function inject(
  world: World,
  fault: PlannedFault,
  { recorder, tell }: Injection,
  wait: () => Promise<unknown> = () => delay(fault.lasts),
): Promise<void> {
  const { fault: kind, target, lasts, delayMs } = fault
  const name = `${kind}${target === null ? '' : ` ${target}`}${delayMs === 0 ? '' : ` by ${delayMs} ms`}`
  const trouble = troubleOf(world, fault)
  const from = performance.now()
  tell(`${name} for ${lasts} ms`)
  await trouble.begin()
  await wait()
  await trouble.end()
  recorder.fault({ fault: name, effect: FAULTS[kind].effect, process: target, from, until: performance.now() })
  tell(`${name} is over`)
}

/** Where a fault comes down. */
interface Place {
  readonly world: World
  readonly gateway: Gateway
  /** The primary of the moment in which the fault begins. */
  readonly server: PostgresServer
  readonly delayMs: number
}

const TROUBLES: Readonly<Record<FaultKind, (place: Place) => Trouble>> = {
  kill: ({ gateway }) => ({ begin: () => gateway.kill(), end: () => gateway.start() }),
  restart: ({ gateway }) => ({ begin: () => gateway.stop(), end: () => gateway.start() }),
  stop_process: ({ gateway }) => standStill((signal) => gateway.signal(signal)),
  stop_postgres: ({ server }) => standStill((signal) => server.signal(signal)),
  restart_postgres: ({ server }) => ({ begin: () => server.stop(), end: () => server.start() }),
  kill_postgres: ({ server }) => ({ begin: () => server.kill(), end: () => server.start() }),
  promote: ({ world }) => ({ begin: () => world.store.promote(), end: () => world.repoint() }),
  delay_postgres: ({ gateway, delayMs }) => onLink(gateway.postgres, (link) => link.delay(delayMs)),
  cut_postgres: ({ gateway }) => onLink(gateway.postgres, (link) => link.cut('both')),
  cut_postgres_up: ({ gateway }) => onLink(gateway.postgres, (link) => link.cut('up')),
  cut_postgres_down: ({ gateway }) => onLink(gateway.postgres, (link) => link.cut('down')),
  strand_postgres: ({ gateway }) => stranded(gateway.postgres),
  stop_redis: ({ world }) => standStill((signal) => world.redis.signal(signal)),
  empty_redis: ({ world }) => ({ begin: () => world.redis.kill(), end: () => world.redis.start() }),
  delay_redis: ({ gateway, delayMs }) => onLink(gateway.redis, (link) => link.delay(delayMs)),
  cut_redis: ({ gateway }) => onLink(gateway.redis, (link) => link.cut('both')),
  cut_redis_up: ({ gateway }) => onLink(gateway.redis, (link) => link.cut('up')),
  cut_redis_down: ({ gateway }) => onLink(gateway.redis, (link) => link.cut('down')),
}

function troubleOf(world: World, { fault, target, delayMs }: PlannedFault): Trouble {
  const place = {
    world,
    delayMs,
    get gateway() {
      return gatewayOf(world, target)
    },
    get server() {
      return serverOf(world)
    },
  }
  return TROUBLES[fault](place)
}

function standStill(signal: (signal: NodeJS.Signals) => void): Trouble {
  return { begin: () => signal('SIGSTOP'), end: () => signal('SIGCONT') }
}

function onLink(link: Relay, begin: (link: Relay) => void): Trouble {
  return { begin: () => begin(link), end: () => link.heal() }
}

function stranded(link: Relay): Trouble {
  const end = (): void => {
    link.strand()
    link.heal()
  }
  return { begin: () => link.cut('both'), end }
}

function gatewayOf({ gateways }: World, index: number | null): Gateway {
  const gateway = gateways[index ?? -1]
  if (gateway === undefined) throw new Error(`there is no process ${index}`)
  return gateway
}

function serverOf({ store: { server } }: World): PostgresServer {
  if (server === null) throw new Error('this world has no PostgreSQL of its own')
  return server
}
