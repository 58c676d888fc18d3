import { withDeadline } from '../lib/deadline.ts'

/** One end of the line between the primary process and a worker. */
export interface Link {
  /**
   * What the other end answers.
   * @throws Error when it has gone, can't answer, or doesn't in time
   */
  ask(question: string, options?: AskOptions): Promise<unknown>
}

export interface AskOptions {
  readonly about?: unknown
  /** 1 s by default. */
  readonly withinMs?: number
}

/** What this end answers, by question. */
export type Answers = Readonly<Record<string, (about: unknown) => unknown>>

/** A worker as the primary sees it, or the worker's own process. */
export interface Wire {
  send?: ((message: object, callback: (error: Error | null) => void) => boolean) | undefined
  on(event: 'message', listener: (message: unknown) => void): unknown
}

const ANSWER_MS = 1_000

/** Opens an end; messages that are not ours are left alone. */
export function openLink(wire: Wire, answers: Answers): Link {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let lastId = 0
  const send = (message: Message, onError: (error: Error) => void = () => undefined): void => {
    if (wire.send === undefined) return onError(new Error('there is no line to the other process'))
    wire.send({ postern: message }, (error) => error && onError(error))
  }
  wire.on('message', (received) => {
    const message = messageOf(received)
    if (message === null) return
    if ('question' in message) return void answer(answers, message).then(send)
    if ('failure' in message) waiting.get(message.id)?.reject(new Error(message.failure))
    else waiting.get(message.id)?.resolve(message.answer)
  })
  return {
    async ask(question, { about, withinMs = ANSWER_MS } = {}) {
      const id = ++lastId
      const answered = Promise.withResolvers<unknown>()
      waiting.set(id, answered)
      send({ id, question, about }, answered.reject)
      return withDeadline(answered.promise, withinMs).finally(() => waiting.delete(id))
    },
  }
}

interface Question {
  readonly id: number
  readonly question: string
  readonly about: unknown
}

type Message =
  | Question
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: string }

function messageOf(received: unknown): Message | null {
  const isOurs = typeof received === 'object' && received !== null && 'postern' in received
  return isOurs ? (received.postern as Message) : null
}

async function answer(answers: Answers, { id, question, about }: Question): Promise<Message> {
  try {
    const give = answers[question]
    if (give === undefined) throw new Error(`nobody answers ${question}`)
    return { id, answer: await give(about) }
  } catch (error) {
    return { id, failure: error instanceof Error ? error.message : String(error) }
  }
}
