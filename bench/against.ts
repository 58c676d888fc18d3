import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { OperatorError } from '../src/errors.ts'
import { connectOptions } from './address.ts'
import { familyOf } from './processes.ts'

/** Another gateway that is measured beside Postern. */
export interface Against {
  /** As it was given. */
  readonly url: string
  /** Where it listens, as nginx writes it. */
  readonly address: string
  /** Path and query of its verify endpoint. */
  readonly target: string
  /** What is sent as Cookie, if anything. */
  readonly cookie: string | null
  /** What it is to answer: 200 to 299, or 401. */
  readonly status: number
  /** The process whose CPU is read, with all below it; null where that is unknown. */
  readonly pid: number | null
}

const DEADLINE_MS = 2_000
const HTTP = /^http:\/\/([\w.-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?(\/[!-~]*)?$/i
const UNIX = /^http:\/\/unix:(\/[\w./-]+)(?::(\/[!-~]*))?$/
/** They end or change a directive of nginx's configuration. */
const UNSAFE = /["';{}\\$#]/
const STATUS = /^HTTP\/1\.[01] (\d{3})/
const HTTP_PORT = '80'
const LAST_PORT = 65_535

/**
 * Splits the address of a verify endpoint, written as for nginx's proxy_pass.
 * @returns null for what is no such address, or one that can't stand in nginx's configuration
 */
export function readAgainstUrl(url: string): Pick<Against, 'url' | 'address' | 'target'> | null {
  if (UNSAFE.test(url)) return null
  const [, path, targetThere] = UNIX.exec(url) ?? []
  if (path !== undefined) return { url, address: `unix:${path}`, target: targetThere ?? '/' }
  const [, host, port = HTTP_PORT, target = '/'] = HTTP.exec(url) ?? []
  if (host === undefined || Number(port) < 1 || Number(port) > LAST_PORT) return null
  return { url, address: `${host}:${port}`, target }
}

/** @throws OperatorError when nothing listens there, or its process isn't there */
export async function requireRunning(against: Against): Promise<void> {
  if (against.pid !== null) familyOf(against.pid)
  const socket = await connectTo(against)
  socket.destroy()
}

/** Asks once. @throws OperatorError when the answer has another status than the one that is expected */
export async function requireStatus(against: Against, question: string): Promise<void> {
  const { url, status: expected } = against
  const socket = await connectTo(against)
  try {
    socket.write(question)
    const [chunk] = (await once(socket, 'data', { signal: AbortSignal.timeout(DEADLINE_MS) })) as [Buffer]
    const status = STATUS.exec(chunk.toString('latin1'))?.[1] ?? 'something that is no HTTP'
    if (status === String(expected)) return
    throw new OperatorError(
      `${url} answers ${status} instead of ${expected}. --cookie signs in, --expect says what is right.`,
    )
  } catch (error) {
    throw asOperatorError(error, `${url} takes connections, but gives no answer`)
  } finally {
    socket.destroy()
  }
}

async function connectTo({ url, address }: Against): Promise<Socket> {
  const socket = connect(connectOptions(address))
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(DEADLINE_MS) })
    return socket
  } catch (error) {
    socket.destroy()
    throw asOperatorError(error, `Nothing can be reached at ${url}`)
  }
}

function asOperatorError(error: unknown, sentence: string): OperatorError {
  if (error instanceof OperatorError) return error
  const isLate = error instanceof Error && error.name === 'AbortError'
  const why = isLate ? `not within ${DEADLINE_MS / 1_000} s` : error instanceof Error ? error.message : String(error)
  return new OperatorError(`${sentence}: ${why}.`, 1, { cause: error })
}
