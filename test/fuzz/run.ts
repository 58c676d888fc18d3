import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Difference, RunOptions, Tally } from './differential.ts'

/** What all threads of a run have come to. */
export interface Outcome extends Tally {
  /** Requests that the lane has answered itself. */
  readonly byLane: number
  /** Connections that a server had still open when all was over. */
  readonly left: number
  readonly difference: Difference | null
}

type Message =
  | { readonly kind: 'progress'; readonly cases: number }
  | { readonly kind: 'done'; readonly tally: Tally; readonly byLane: number; readonly left: number }

const THREADS = 2

/** Shares the cases out over threads; the database server must be up. A found difference is the smallest of its kind. */
export async function runInThreads(options: RunOptions): Promise<Outcome> {
  const done = Array.from({ length: THREADS }, () => 0)
  const share = Math.ceil(options.cases / THREADS)
  const outcomes = await Promise.all(
    done.map((_, thread) =>
      runThread({ seed: options.seed, from: thread * share, cases: share }, (cases) => {
        done[thread] = cases
        options.onProgress?.(done.reduce((sum, each) => sum + each, 0))
      }),
    ),
  )
  return outcomes.reduce(added)
}

async function runThread(
  options: Omit<RunOptions, 'onProgress'>,
  onProgress: (cases: number) => void,
): Promise<Outcome> {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: options, stdout: true })
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  worker.on('message', (message: Message) => {
    if (message.kind === 'progress') onProgress(message.cases)
    else resolve({ ...message.tally, byLane: message.byLane, left: message.left })
  })
  const ended = once(worker, 'exit').then(() => Promise.reject(new Error('a thread ended before it was done')))
  const outcome = await Promise.race([promise, ended])
  await ended.catch(() => undefined)
  return outcome
}

function added(a: Outcome, b: Outcome): Outcome {
  return {
    cases: a.cases + b.cases,
    same: a.same + b.same,
    bothRefused: a.bothRefused + b.bothRefused,
    allowed: a.allowed + b.allowed,
    retried: a.retried + b.retried,
    byLane: a.byLane + b.byLane,
    left: a.left + b.left,
    difference: a.difference ?? b.difference,
  }
}
