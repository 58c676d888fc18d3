import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { Cleanup } from './directories.ts'

/** Where a relay leads to: a unix socket or a port of this machine. */
export type Target = { readonly path: string } | { readonly port: number }

/** Seen from who connects: `up` is what goes to the server, `down` what comes back. */
export type Way = 'up' | 'down' | 'both'

/** One TCP link between two programs, whose troubles a test decides. */
export interface Relay {
  readonly port: number
  /** Lets all pass again. What was held back arrives now, late but whole, as TCP does it. */
  heal(): void
  /** Everything takes so much longer, each way. */
  delay(ms: number): void
  /** Nothing passes that way any more; ends of connections don't either. */
  cut(way: Way): void
  /**
   * Connections that are open stay open and never carry anything again; new ones work.
   * @param which only those that began with this text
   */
  strand(which?: string): void
  /** Breaks all connections that are open. */
  reset(): void
  /** Breaks all connections; those to come lead elsewhere. */
  repoint(target: Target): void
  /** Holds back what is answered on connections that send this text from now on. */
  holdAnswers(to: string): Held
  close(): Promise<void>
}

/** Answers that are held back. */
export interface Held {
  /** Resolves once something has sent what they answer to. */
  readonly reached: Promise<void>
  /** Lets them go, and holds back nothing more. */
  release(): void
}

/** Opens a link on a port of its own, which closes after the test. */
export async function openRelay(t: Cleanup, target: Target): Promise<Relay> {
  const relay = new TcpRelay(target)
  await relay.listen()
  t.after(() => relay.close())
  return relay
}

class TcpRelay implements Relay {
  port = 0
  #target: Target
  #delayMs = 0
  #cut: Way | null = null
  #holding: { readonly to: string; readonly reached: () => void } | null = null
  readonly #links = new Set<Link>()
  readonly #server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket))

  constructor(target: Target) {
    this.#target = target
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as AddressInfo).port
  }

  heal(): void {
    this.#delayMs = 0
    this.#cut = null
    this.#applyToAll()
  }

  delay(ms: number): void {
    this.#delayMs = ms
    this.#applyToAll()
  }

  cut(way: Way): void {
    this.#cut = way
    this.#applyToAll()
  }

  strand(which = ''): void {
    for (const link of this.#links) if (link.beginning.includes(which)) link.strand()
  }

  reset(): void {
    for (const link of this.#links) link.break()
  }

  repoint(target: Target): void {
    this.#target = target
    this.reset()
  }

  holdAnswers(to: string): Held {
    const { promise: reached, resolve } = Promise.withResolvers<void>()
    this.#holding = { to, reached: resolve }
    const release = (): void => {
      this.#holding = null
      for (const { down } of this.#links) down.set({ pinned: false })
    }
    return { reached, release }
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.reset()
    await closed
  }

  #accept(socket: Socket): void {
    const upstream = connect({ host: '127.0.0.1', ...this.#target, allowHalfOpen: true })
    const link = new Link(socket, upstream)
    this.#links.add(link)
    link.onGone = () => this.#links.delete(link)
    socket.on('data', (chunk: Buffer) => {
      link.beginning ||= chunk.toString('latin1')
      if (this.#holding === null || !chunk.includes(this.#holding.to)) return
      link.down.set({ pinned: true })
      this.#holding.reached()
    })
    this.#apply(link)
  }

  #applyToAll(): void {
    for (const link of this.#links) this.#apply(link)
  }

  #apply({ up, down }: Link): void {
    up.set({ delayMs: this.#delayMs, held: this.#cut === 'up' || this.#cut === 'both' })
    down.set({ delayMs: this.#delayMs, held: this.#cut === 'down' || this.#cut === 'both' })
  }
}

/** Two sockets and what is on its way between them. */
class Link {
  readonly up: Lane
  readonly down: Lane
  /** What came first from who connected. */
  beginning = ''
  onGone: () => void = () => undefined
  readonly #client: Socket
  readonly #server: Socket

  constructor(client: Socket, server: Socket) {
    this.#client = client
    this.#server = server
    const sockets = [client, server]
    this.up = new Lane(client, server)
    this.down = new Lane(server, client)
    for (const socket of sockets) {
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.every(({ destroyed }) => destroyed) && this.onGone())
    }
  }

  strand(): void {
    this.up.lose()
    this.down.lose()
  }

  break(): void {
    // Not by a reset: with an end under way, Node leaves such a socket half closed and then never exits.
    this.#client.destroy()
    this.#server.destroy()
  }
}

type Passing = { readonly what: Buffer | 'end' | 'gone'; readonly dueAt: number }

/** One way of a connection: in order, each part when it is due. */
class Lane {
  readonly #to: Socket
  readonly #passing: Passing[] = []
  #state = { delayMs: 0, held: false, pinned: false }
  #lost = false
  #timer: NodeJS.Timeout | null = null

  constructor(from: Socket, to: Socket) {
    this.#to = to
    from.on('data', (chunk: Buffer) => this.#take(chunk))
    from.on('end', () => this.#take('end'))
    from.on('close', () => this.#take('gone'))
  }

  /** How long it takes, and whether anything passes: not while it is held or pinned. */
  set(state: { delayMs?: number; held?: boolean; pinned?: boolean }): void {
    this.#state = { ...this.#state, ...state }
    this.#pass()
  }

  lose(): void {
    this.#lost = true
    this.#passing.length = 0
  }

  #take(what: Passing['what']): void {
    if (this.#lost && what !== 'gone') return
    const last = this.#passing.at(-1)?.dueAt ?? 0
    const dueAt = Math.max(performance.now() + this.#state.delayMs, last)
    this.#passing.push({ what, dueAt })
    this.#pass()
  }

  #pass(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#state.held || this.#state.pinned) return
    for (let next = this.#passing[0]; next !== undefined; next = this.#passing[0]) {
      const waitMs = next.dueAt - performance.now()
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pass(), waitMs)
        return
      }
      this.#passing.shift()
      this.#give(next.what)
    }
  }

  #give(what: Passing['what']): void {
    if (what === 'end') this.#to.end()
    else if (what === 'gone') this.#to.destroy()
    else this.#to.write(what)
  }
}
