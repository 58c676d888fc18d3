import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { PosternError } from '../errors.ts'
import { createLimiter } from '../lib/limiter.ts'
import type { Strength, StrengthAnswer, StrengthQuestion } from './strength-process.ts'

/** Says how easily a password is guessed. */
export interface StrengthMeter {
  /**
   * @param words what whoever guesses at this person's password would try first
   * @throws PosternError `too_many_attempts` when too many are waiting; Error when it can't be said
   */
  measure(password: string, words: readonly string[]): Promise<Strength>
  /** For what can be left out: refused as soon as anybody waits, so that it takes no place of those who need one. */
  measureAside(password: string, words: readonly string[]): Promise<Strength>
  /** Ends the process that it may have started. */
  close(): void
}

/**
 * Two dictionaries of 70 MB that a few pages a day want: they are loaded by a process of their own, which ends when
 * nobody has asked for a while. A thread that ended left 115 MB behind in this one.
 */
const IDLE_MS = 20_000
const DEADLINE_MS = 5_000
const MAX_WAITING = 32

/** Opens the meter; its process starts at the first question, within 0.3 s. */
export function createStrengthMeter(idleMs = IDLE_MS): StrengthMeter {
  const limiter = createLimiter({ atOnce: 1, maxWaiting: MAX_WAITING })
  let running: ChildProcess | null = null
  let idle: NodeJS.Timeout | undefined
  let lastId = 0
  const end = (): void => {
    clearTimeout(idle)
    running?.kill('SIGKILL')
    running = null
  }
  const ask = async (question: StrengthQuestion): Promise<Strength> => {
    clearTimeout(idle)
    running ??= startProcess()
    try {
      return await answerOf(running, question)
    } catch (error) {
      end()
      throw error
    } finally {
      idle = setTimeout(end, idleMs).unref()
    }
  }
  const measure: StrengthMeter['measure'] = (password, words) =>
    limiter.run(() => ask({ id: ++lastId, password, words }))
  return {
    measure,
    async measureAside(password, words) {
      if (limiter.waiting > 0) throw new PosternError('too_many_attempts', 'others wait for the strength of a password')
      return measure(password, words)
    },
    close: end,
  }
}

/** Without our environment, which may hold secrets; it ends with us, and keeps nobody from ending. */
function startProcess(): ChildProcess {
  const child = fork(new URL('./strength-process.ts', import.meta.url), {
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  child.on('error', () => child.kill('SIGKILL'))
  return child
}

async function answerOf(child: ChildProcess, question: StrengthQuestion): Promise<Strength> {
  const ending = new AbortController()
  const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(DEADLINE_MS)])
  const exited = once(child, 'exit', { signal }).then(() => {
    throw new Error('the process that measures passwords ended')
  })
  child.ref()
  child.channel?.ref()
  try {
    child.send(question)
    const [{ id, strength }] = (await Promise.race([once(child, 'message', { signal }), exited])) as [StrengthAnswer]
    if (id !== question.id) throw new Error('the process that measures passwords answered another question')
    return strength
  } finally {
    ending.abort()
    exited.catch(() => undefined)
    child.unref()
    child.channel?.unref()
  }
}
