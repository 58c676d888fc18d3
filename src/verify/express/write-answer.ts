import { STATUS_CODES } from 'node:http'
import type { Answer } from '../answer.ts'

/**
 * The bytes of an answer, one character for each, as the ordinary server would write them.
 * @param isLast whether the connection ends after it; it is kept unless told so
 */
export type WriteAnswer = (method: 'GET' | 'HEAD', answer: Answer, isLast?: boolean) => string

const SECOND_MS = 1_000

interface Written {
  /** With the date of that second. */
  readonly second: number
  readonly text: string
}

/** @param keepAliveMs for how long an idle connection is kept, as told to the other side */
export function createWriteAnswer(keepAliveMs: number): WriteAnswer {
  const tail = createTail(`Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / SECOND_MS)}\r\n`)
  const lastTail = createTail('Connection: close\r\n')
  const written = new WeakMap<readonly string[], Written>()
  return (method, answer, isLast = false) => {
    const second = Math.floor(Date.now() / SECOND_MS)
    if (answer.identity.length > 0 && !isLast) {
      const known = written.get(answer.identity)
      if (known?.second === second) return known.text
      const text = flat(headOf(answer) + tail(second))
      written.set(answer.identity, { second, text })
      return text
    }
    const text = headOf(answer) + (isLast ? lastTail : tail)(second)
    return method === 'HEAD' || answer.body === '' ? text : text + Buffer.from(answer.body).toString('latin1')
  }
}

/** A text that was put together of others is laid out anew each time it is sent. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

function headOf({ status, headers, identity }: Answer): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${fieldLines(headers)}${fieldLines(identity)}`
}

function fieldLines(headers: readonly string[]): string {
  let lines = ''
  for (let i = 0; i + 1 < headers.length; i += 2) lines += `${headers[i]}: ${headers[i + 1]}\r\n`
  return lines
}

/** What node:http adds to every answer, made anew when the second is over. */
function createTail(connection: string): (second: number) => string {
  let tail = { second: 0, text: '' }
  return (second) => {
    if (second !== tail.second) {
      tail = { second, text: `Date: ${new Date(second * SECOND_MS).toUTCString()}\r\n${connection}\r\n` }
    }
    return tail.text
  }
}
