import cluster from 'node:cluster'
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../observe/log.ts'
import { replacedFigures } from '../observe/metrics-machine.ts'
import { keepEnded } from '../observe/register.ts'
import type { Figures } from '../observe/register.ts'
import { startMember } from './worker-member.ts'
import type { Member } from './worker-member.ts'

export interface SupervisorOptions {
  /** How many workers serve. */
  readonly size: number
  readonly log: Log
  /** Whether they listen on sockets that were passed, which are closed with the last of them. */
  readonly onPassedSockets: boolean
  /** Told once all of them do. */
  readonly onServing: () => void
}

const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 10_000
/** A worker that served for this long didn't fail at its start. */
const STEADY_MS = 30_000

/**
 * Keeps so many workers serving until a signal ends all: one that dies is replaced, and SIGHUP replaces them one by
 * one. Opens neither the database nor a listener of its own.
 * @returns the exit code of the program: that of a worker that can't serve at the start, else 0, or 1 when a second
 *   signal broke off the stop
 */
export async function supervise(options: SupervisorOptions): Promise<number> {
  // Each worker takes connections from the kernel itself: 19,000 short ones a second instead of 7,000 that the primary
  // hands over, and none is lost between the two when a worker is killed.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  return new Supervisor(options).run(options.onServing)
}

/** The place of one worker; who holds it changes. */
interface Place {
  member: Member
}

class Supervisor {
  readonly #size: number
  readonly #log: Log
  readonly #onPassedSockets: boolean
  readonly #places: Place[] = []
  readonly #members = new Set<Member>()
  readonly #stopping = new AbortController()
  readonly #ended = keepEnded()
  #replaced = 0
  #restarting: Promise<void> | null = null
  #restartAgain = false
  #brokenOff = false
  #exitCode = 0

  constructor({ size, log, onPassedSockets }: SupervisorOptions) {
    this.#size = size
    this.#log = log
    this.#onPassedSockets = onPassedSockets
  }

  async run(onServing: () => void): Promise<number> {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) process.on(signal, () => this.#stop(signal))
    process.on('SIGHUP', () => this.#restartAll())
    const exitCode = await this.#startAll()
    if (exitCode === null) {
      onServing()
      await Promise.all(this.#places.map((place) => this.#keep(place)))
    }
    await Promise.all(Array.from(this.#members, (member) => member.stop()))
    return this.#brokenOff ? 1 : (exitCode ?? this.#exitCode)
  }

  /** The first alone: what it can't do no other can, and need not say again. Null once all serve. */
  async #startAll(): Promise<number | null> {
    const [first, ...others] = Array.from({ length: this.#size }, (_, index) => () => this.#startPlace(index))
    return (
      (await first?.()) ?? (await Promise.all(others.map((start) => start()))).find((code) => code !== null) ?? null
    )
  }

  /** @returns null once it serves, else the exit code */
  async #startPlace(index: number): Promise<number | null> {
    if (this.#stopping.signal.aborted) return 0
    const member = this.#startMember()
    this.#places[index] = { member }
    if (await member.serves) return null
    const { code } = await member.ended
    return this.#stopping.signal.aborted ? 0 : (code ?? 1)
  }

  #startMember(): Member {
    const member = startMember({
      leads: (asking) => this.#leader() === asking,
      figures: (asking) => this.#figures(asking),
    })
    this.#members.add(member)
    void member.ended.then(() => {
      this.#members.delete(member)
      this.#ended.add(member.figures)
    })
    return member
  }

  /** While nobody serves one starts alone: two at once could take each other's Unix socket for one left behind. */
  async #inTurn<T>(start: () => T): Promise<T> {
    for (let starting = this.#startingAlone(); starting !== null; starting = this.#startingAlone())
      await starting.serves
    return start()
  }

  #startingAlone(): Member | null {
    const members = [...this.#members]
    return members.some(({ isServing }) => isServing) ? null : (members[0] ?? null)
  }

  #leader(): Member | undefined {
    const alive = this.#places.map(({ member }) => member).filter((member) => this.#members.has(member))
    return alive.find((member) => member.isServing) ?? alive[0]
  }

  /** Of those that don't answer the last that are known, so that no count goes down. */
  async #figures(asking: Member): Promise<Figures[]> {
    const others = [...this.#members].filter((member) => member !== asking)
    await Promise.all(others.map((member) => member.refreshFigures()))
    // Whoever ended meanwhile is among those now, and must not count twice.
    const alive = Array.from(this.#members, ({ figures }) => figures)
    return [...this.#ended.figures, replacedFigures(this.#replaced), ...alive]
  }

  /** Replaces the worker of a place whenever it dies, the later the oftener that happens. */
  async #keep(place: Place): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const { member } = place
      const startedAt = performance.now()
      const { code, signal: by } = await member.ended
      // Whoever is no longer the one of this place was replaced already.
      if (signal.aborted || place.member !== member) continue
      if (performance.now() - startedAt > STEADY_MS) retryMs = FIRST_RETRY_MS
      // Only whoever passed the sockets has them still, so he has to start all of this again.
      if (this.#onPassedSockets && this.#leader()?.isServing !== true) return this.#giveUp()
      this.#replaced++
      this.#log.error({ pid: member.pid, code, signal: by, retryMs }, 'a worker ended and is replaced')
      await delay(retryMs, undefined, { signal }).catch(() => undefined)
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)
      await this.#inTurn(() => {
        if (!signal.aborted && place.member === member) place.member = this.#startMember()
      })
    }
  }

  #giveUp(): void {
    if (this.#stopping.signal.aborted) return
    this.#log.fatal('no worker is left that holds the passed sockets: ending, to be started with them again')
    this.#exitCode = 1
    this.#stopping.abort()
    for (const member of this.#members) void member.stop()
  }

  #restartAll(): void {
    this.#restartAgain = this.#restarting !== null
    this.#restarting ??= this.#restartOneByOne().finally(() => {
      this.#restarting = null
      if (this.#restartAgain) this.#restartAll()
    })
  }

  /** The new one serves before the old one stops, and if it can't, the old ones go on. */
  async #restartOneByOne(): Promise<void> {
    this.#log.info('replacing all workers, one by one')
    for (const place of this.#places) {
      if (this.#stopping.signal.aborted) return
      const replacement = await this.#inTurn(() => this.#startMember())
      if (!(await replacement.serves)) return this.#log.error('a new worker can not serve; the others go on')
      const old = place.member
      place.member = replacement
      await old.stop()
    }
    this.#log.info('all workers are new')
  }

  #stop(signal: NodeJS.Signals): void {
    this.#brokenOff = this.#stopping.signal.aborted
    if (!this.#brokenOff) this.#log.info({ signal }, 'stopping all workers')
    this.#stopping.abort()
    for (const member of this.#members) void (this.#brokenOff ? member.kill() : member.stop())
  }
}
