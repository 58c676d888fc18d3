import cluster from 'node:cluster'
import type { Worker } from 'node:cluster'
import type { Figures } from '../observe/register.ts'
import { openLink } from './worker-link.ts'
import type { Link } from './worker-link.ts'

/** How a process ended: its exit code, or the signal that killed it. */
export interface Ending {
  readonly code: number | null
  readonly signal: string | null
}

/** What a worker may ask for. */
export interface MemberAnswers {
  leads(asking: Member): boolean
  figures(asking: Member): Promise<Figures[]>
}

/** One worker, as the primary sees it. */
export interface Member {
  readonly pid: number
  /** True once it serves, false when it ended before. */
  readonly serves: Promise<boolean>
  readonly isServing: boolean
  readonly ended: Promise<Ending>
  /** The last that are known of it. */
  readonly figures: Figures
  /** Asks it for new ones; what it doesn't answer in time stays as it was. */
  refreshFigures(): Promise<void>
  /** Has it finish what is under way, and waits for its end. May be called again. */
  stop(): Promise<void>
  /** Ends it at once. */
  kill(): void
}

/** Longer than a worker gives itself for a stop. */
const STOP_MS = 12_000
const START_MS = 60_000
/** Shorter than whoever asks the primary for all of them waits. */
const FIGURES_MS = 500

/** Starts a worker, which runs this same command. */
export function startMember(answers: MemberAnswers): Member {
  return new WorkerMember(cluster.fork(), answers)
}

class WorkerMember implements Member {
  readonly pid: number
  readonly serves: Promise<boolean>
  readonly ended: Promise<Ending>
  isServing = false
  figures: Figures = []
  readonly #worker: Worker
  readonly #link: Link
  #stopped = false

  constructor(worker: Worker, answers: MemberAnswers) {
    this.#worker = worker
    this.pid = worker.process.pid ?? 0
    const serving = Promise.withResolvers<boolean>()
    const overdue = setTimeout(() => this.kill(), START_MS)
    this.serves = serving.promise.finally(() => clearTimeout(overdue))
    this.ended = endingOf(worker).then((ending) => {
      this.isServing = false
      serving.resolve(false)
      return ending
    })
    this.#link = openLink(worker, {
      ready: () => {
        this.isServing = true
        serving.resolve(true)
      },
      leads: () => answers.leads(this),
      leave: (figures) => void (this.figures = figures as Figures),
      'all figures': (figures) => {
        this.figures = figures as Figures
        return answers.figures(this)
      },
    })
  }

  async refreshFigures(): Promise<void> {
    if (!this.isServing) return
    await this.#link.ask('figures', { withinMs: FIGURES_MS }).then(
      (figures) => void (this.figures = figures as Figures),
      () => undefined,
    )
  }

  async stop(): Promise<void> {
    if (!this.#stopped) this.#askToStop()
    await this.ended
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL')
  }

  #askToStop(): void {
    this.#stopped = true
    // While it starts it has nothing under way, and nobody there to hear.
    if (this.isServing) void this.#link.ask('stop').catch(() => undefined)
    else this.#worker.process.kill('SIGTERM')
    const overdue = setTimeout(() => this.kill(), STOP_MS)
    void this.ended.then(() => clearTimeout(overdue))
  }
}

function endingOf(worker: Worker): Promise<Ending> {
  return new Promise((resolve) => {
    worker.once('exit', (code, signal) => resolve({ code, signal }))
    // What was never born has no exit; all else that goes wrong with a process ends in one.
    worker.on('error', () => worker.process.pid === undefined && resolve({ code: 1, signal: null }))
  })
}
