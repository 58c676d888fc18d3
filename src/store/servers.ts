import type { DatabaseHost } from '../config/database-address.ts'
import { hostText } from '../config/database-address.ts'
import { every } from '../lib/every.ts'
import { askServers } from './ask-servers.ts'
import { chooseServer, whyUnfit } from './choose-server.ts'
import type { Choosing, Followed, ServerFacts } from './choose-server.ts'
import type { ServerPool } from './server-pool.ts'
import { storeUnavailable } from './unavailable.ts'

/** Connections to a server, for as long as that is the one which counts. */
export interface CurrentServer {
  readonly pool: ServerPool
  /** False once another is in use, or none: what such a server says or confirms counts for nothing. */
  readonly isCurrent: boolean
}

/** Which of the servers of an address is in use. */
export interface Servers {
  /** Null while none is known. */
  readonly current: CurrentServer | null
  /** @throws PosternError `store_unavailable` when none fits, with why */
  find(): Promise<CurrentServer>
  /** Something didn't go as it should: looks, off the path, whether another server is the one to use by now. */
  doubt(): void
  /** How often another server, or another timeline of the same, came into use. */
  readonly switches: number
  close(): Promise<void>
}

export interface ServersParts {
  readonly hosts: readonly DatabaseHost[]
  readonly wanted: Choosing['wanted']
  /** @param meet given what the server tells on each new connection, before that is used */
  readonly openPool: (host: DatabaseHost, meet: (facts: ServerFacts) => void) => ServerPool
  readonly ask: (host: DatabaseHost) => Promise<ServerFacts>
  /** Whether all are asked all the time. */
  readonly isWatched: boolean
  /** Told in words that a server came into use in place of another. */
  readonly onSwitch: (to: string) => void
  /** ms, monotonic. */
  readonly now: () => number
}

/** Where several may be the right one, all are asked so often. */
const WATCH_MS = 1_000
/** After a look in vain, or because of a doubt, the next has to wait so long. */
const PAUSE_MS = 200

export function createServers(parts: ServersParts): Servers {
  return new HostServers(parts)
}

/** The one server that is reached by a stream of its own. */
export function oneServer(pool: ServerPool): Servers {
  const current: CurrentServer = { pool, isCurrent: true }
  return { current, find: async () => current, doubt: () => undefined, switches: 0, close: () => pool.end() }
}

class HostServers implements Servers {
  readonly #parts: ServersParts
  readonly #isOneOfSeveral: boolean
  readonly #ending: Promise<void>[] = []
  #current: UsedServer | null = null
  #followed: Followed | null = null
  #lastHost: DatabaseHost | null = null
  #switches = 0
  #looking: Promise<void> | null = null
  #failed: { readonly at: number; readonly error: Error } | null = null
  #doubtedAt = -Infinity
  #watch: { stop(): void } | null = null

  constructor(parts: ServersParts) {
    this.#parts = parts
    this.#isOneOfSeveral = parts.hosts.length > 1
  }

  get current(): CurrentServer | null {
    return this.#current
  }

  get switches(): number {
    return this.#switches
  }

  async find(): Promise<CurrentServer> {
    const { hosts, isWatched, now } = this.#parts
    if (this.#current !== null) return this.#current
    if (isWatched)
      this.#watch ??= every(
        WATCH_MS,
        () => this.#look(),
        () => undefined,
      )
    const [only] = hosts
    // One that stands alone shows what it is on its first connection.
    if (only !== undefined && !this.#isOneOfSeveral) return this.#use(only, null)
    if (this.#failed !== null && now() - this.#failed.at < PAUSE_MS) throw storeUnavailable(this.#failed.error)
    await this.#look()
    return this.#current ?? this.find()
  }

  doubt(): void {
    const { now } = this.#parts
    if (now() - this.#doubtedAt < PAUSE_MS) return
    this.#doubtedAt = now()
    this.#look().catch(() => undefined)
  }

  async close(): Promise<void> {
    this.#watch?.stop()
    if (this.#current !== null) this.#ending.push(this.#current.pool.end())
    await Promise.all(this.#ending)
  }

  #look(): Promise<void> {
    this.#looking ??= this.#askAndChoose().finally(() => (this.#looking = null))
    return this.#looking
  }

  async #askAndChoose(): Promise<void> {
    const { hosts, now } = this.#parts
    const answers = await askServers(this.#parts, this.#choosing())
    const used = this.#current === null ? -1 : hosts.indexOf(this.#current.host)
    const chosen = chooseServer(
      answers.map(({ facts }) => facts),
      this.#choosing(),
      used,
    )
    const host = chosen === null ? undefined : hosts[chosen]
    const facts = chosen === null ? null : (answers[chosen]?.facts ?? null)
    if (host !== undefined && facts !== null) {
      this.#failed = null
      return this.#follow(host, facts)
    }
    // It answered, and is not the one any more. One that doesn't answer may do so again.
    if (answers[used]?.facts) this.#retire()
    const error = new Error(hosts.map((each, index) => `${hostText(each)} ${answers[index]?.why}`).join('; '))
    this.#failed = { at: now(), error }
    throw storeUnavailable(error)
  }

  #follow(host: DatabaseHost, facts: ServerFacts): void {
    if (this.#current?.host === host && this.#current.isLike(facts)) return
    this.#use(host, facts)
  }

  /** What a server tells on a new connection to it. */
  #meet(server: UsedServer, facts: ServerFacts): void {
    if (!server.isCurrent) throw storeUnavailable(new Error('another server is in use by now'))
    const why = whyUnfit(facts, this.#choosing())
    if (why !== null) {
      this.#retire()
      throw storeUnavailable(new Error(`${hostText(server.host)} ${why}`))
    }
    if (server.facts === null) this.#note(server, facts)
    if (server.isLike(facts)) return
    this.#use(server.host, facts)
    throw storeUnavailable(new Error(`${hostText(server.host)} leads to another server by now`))
  }

  #use(host: DatabaseHost, facts: ServerFacts | null): UsedServer {
    this.#retire()
    const server: UsedServer = new UsedServer(
      host,
      this.#parts.openPool(host, (met) => this.#meet(server, met)),
    )
    this.#current = server
    if (facts !== null) this.#note(server, facts)
    return server
  }

  #note(server: UsedServer, facts: ServerFacts): void {
    const before = this.#followed
    const isOther = before !== null && (this.#lastHost !== server.host || !isSame(before, facts))
    server.facts = facts
    this.#followed = facts
    this.#lastHost = server.host
    if (!isOther) return
    this.#switches++
    this.#parts.onSwitch(`${hostText(server.host)}, timeline ${facts.timeline}`)
  }

  #retire(): void {
    const server = this.#current
    this.#current = null
    if (server !== null) this.#ending.push(server.retire())
  }

  #choosing(): Choosing {
    return { wanted: this.#parts.wanted, isOneOfSeveral: this.#isOneOfSeveral, followed: this.#followed }
  }
}

class UsedServer implements CurrentServer {
  readonly host: DatabaseHost
  readonly pool: ServerPool
  isCurrent = true
  facts: ServerFacts | null = null

  constructor(host: DatabaseHost, pool: ServerPool) {
    this.host = host
    this.pool = pool
  }

  isLike(facts: ServerFacts): boolean {
    return this.facts !== null && isSame(this.facts, facts)
  }

  retire(): Promise<void> {
    this.isCurrent = false
    this.pool.breakOff()
    return this.pool.end()
  }
}

function isSame(one: Followed, other: Followed): boolean {
  return one.system === other.system && one.timeline === other.timeline
}
