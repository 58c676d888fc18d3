import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { ListenAddress } from '../../config/values.ts'
import { peerAddress } from '../../web/peer.ts'
import { connectionEvent } from '../../web/tls.ts'
import type { Answer } from '../answer.ts'
import type { Gateway } from '../gateway.ts'
import type { FindLaneRoute } from './lane-routes.ts'
import { createRequestReader } from './read-request.ts'
import type { ReadRequestAt } from './read-request.ts'
import { createWriteAnswer } from './write-answer.ts'
import type { WriteAnswer } from './write-answer.ts'

/** Answers simple requests in front of a server that answers all the others. */
export interface ExpressLane {
  /** Ends connections as soon as nothing is under way on them. */
  close(): void
}

export interface ExpressLaneParts {
  readonly gateway: Gateway
  readonly findRoute: FindLaneRoute
  readonly listen: ListenAddress
  /** The strict one unless given. */
  readonly read?: ReadRequestAt
  /** As the server writes unless given. */
  readonly write?: WriteAnswer
}

interface LaneParts extends Required<ExpressLaneParts> {
  readonly server: Server
  /** From then on the other side is to be told that its connection ends. */
  readonly isStopping: () => boolean
  /** Gives a connection to the ordinary server for good. */
  readonly handOver: (socket: Socket, unread: string) => void
}

/** For a request that doesn't come whole; the ordinary server has time limits of its own. */
const PARTIAL_MS = 1_000
/** Each piece is read from the beginning of its request; whoever sends single bytes is no proxy. */
const MAX_PIECES = 16
/** As the ordinary server takes at most; it says so with a status. */
const MAX_REQUEST_LENGTH = 65_536
/** Answers to 64 KiB of the shortest requests can be 5 MB; beyond this the other side has to read first. */
const MAX_ANSWERS_LENGTH = 65_536
/** As node:http, which keeps a connection a little longer than it says. */
const KEEP_ALIVE_GRACE_MS = 1_000
/** For who doesn't read his last answers at a stop. */
const CLOSE_MS = 1_000

/**
 * Puts the lane in front of a server that does not listen yet. What the lane doesn't wholly understand goes to that
 * server with its connection and all unread bytes, so that a strict reader never has to be lenient.
 */
export function openExpressLane(server: Server, parts: ExpressLaneParts): ExpressLane {
  const event = connectionEvent(server)
  const ordinary = server.listeners(event) as ((socket: Socket) => void)[]
  const connections = new Set<ExpressConnection>()
  let isClosing = false
  const lane: LaneParts = {
    read: createRequestReader(),
    write: createWriteAnswer(server.keepAliveTimeout),
    ...parts,
    server,
    isStopping: () => isClosing || !server.listening,
    handOver(socket, unread) {
      for (const take of ordinary) take.call(server, socket)
      if (unread !== '') socket.unshift(Buffer.from(unread, 'latin1'))
      socket.resume()
    },
  }
  server.removeAllListeners(event)
  server.on(event, (socket: Socket) => {
    const connection = new ExpressConnection(socket, lane, () => connections.delete(connection))
    connections.add(connection)
  })
  return {
    close() {
      isClosing = true
      connections.forEach((connection) => connection.close())
    },
  }
}

/** One kept connection: requests are answered in the order in which they came. */
class ExpressConnection {
  readonly #socket: Socket
  readonly #lane: LaneParts
  readonly #peer: string | null
  readonly #onLeft: () => void
  readonly #onData = (chunk: Buffer): void => this.#take(chunk)
  readonly #onDrain = (): void => this.#drained()
  readonly #onEnd = (): void => this.#end()
  readonly #onOver = (): void => void this.#socket.destroy()
  readonly #onClose = (): void => this.#leave()
  /** Bytes of a request that isn't whole, or that waits for what was asked before it. */
  #unread = ''
  /** In how many pieces that request came so far. */
  #pieces = 0
  #partial: NodeJS.Timeout | undefined
  #isKept = false
  /** A late answer is under way, before which nothing may be written. */
  #isAnswering = false
  /** The other side has to read before it gets more. */
  #isFull = false
  /** What has come is answered, and then the connection ends. */
  #isEnding = false

  constructor(socket: Socket, lane: LaneParts, onLeft: () => void) {
    this.#socket = socket
    this.#lane = lane
    this.#onLeft = onLeft
    this.#peer = peerAddress(socket, lane.listen)
    socket.setTimeout(lane.server.headersTimeout)
    socket.on('data', this.#onData).on('drain', this.#onDrain).on('end', this.#onEnd)
    socket.on('timeout', this.#onOver).on('error', this.#onOver).on('close', this.#onClose)
  }

  close(): void {
    this.#socket.setTimeout(CLOSE_MS)
    this.#end()
  }

  #take(chunk: Buffer): void {
    const text = chunk.toString('latin1')
    this.#unread = this.#unread === '' ? text : this.#unread + text
    if (!this.#isBusy()) this.#answerAll()
  }

  #isBusy(): boolean {
    return this.#isAnswering || this.#isFull
  }

  #drained(): void {
    this.#isFull = false
    this.#goOn()
  }

  #goOn(): void {
    if (this.#isBusy()) return
    this.#socket.resume()
    this.#answerAll()
  }

  #end(): void {
    this.#isEnding = true
    if (!this.#isBusy()) this.#finish()
  }

  #answerAll(): void {
    const { read, findRoute, gateway, write, isStopping } = this.#lane
    const text = this.#unread
    let answers = ''
    let at = 0
    while (at < text.length && answers.length < MAX_ANSWERS_LENGTH) {
      const request = read(text, at)
      const length = (typeof request === 'string' ? text.length : request.end) - at
      if (request === 'incomplete' && length <= MAX_REQUEST_LENGTH) break
      const isUnsure = typeof request === 'string' || length > MAX_REQUEST_LENGTH
      // At a stop the ordinary server tells the other side that the connection ends.
      const route = isUnsure || isStopping() ? null : findRoute(request.target)
      if (isUnsure || route === null) return this.#leaveWith(answers, text.slice(at))
      const { method, rawHeaders } = request
      at = request.end
      const { dialect, appName } = route
      const answer = gateway(dialect, { rawHeaders, method, target: '', peer: this.#peer, appName, lane: 'express' })
      if (answer instanceof Promise) return this.#wait(answers, text.slice(at), method, answer)
      answers += write(method, answer)
    }
    this.#unread = text.slice(at)
    this.#send(answers)
    this.#rest(at > 0, answers.length >= MAX_ANSWERS_LENGTH)
  }

  /** Sees to what is left once all was sent that could be. */
  #rest(isAnother: boolean, isMore: boolean): void {
    if (isAnother) this.#forgetPartial()
    if (this.#isFull) return
    if (isMore) return this.#answerAll()
    if (this.#isEnding) return this.#finish()
    if (this.#unread === '') return
    if (++this.#pieces > MAX_PIECES) return this.#leaveWith('', this.#unread)
    this.#partial ??= setTimeout(() => this.#leaveWith('', this.#unread), PARTIAL_MS).unref()
  }

  #forgetPartial(): void {
    clearTimeout(this.#partial)
    this.#partial = undefined
    this.#pieces = 0
  }

  #send(answers: string): void {
    if (answers === '') return
    if (!this.#isKept) this.#keep()
    if (this.#socket.write(answers, 'latin1')) return
    this.#isFull = true
    this.#socket.pause()
  }

  /** Whoever has asked once may be idle for longer. */
  #keep(): void {
    this.#isKept = true
    this.#socket.setTimeout(this.#lane.server.keepAliveTimeout + KEEP_ALIVE_GRACE_MS)
  }

  #wait(answers: string, unread: string, method: 'GET' | 'HEAD', late: Promise<Answer>): void {
    this.#send(answers)
    this.#unread = unread
    this.#forgetPartial()
    this.#isAnswering = true
    this.#socket.pause()
    void late.then((answer) => {
      this.#isAnswering = false
      if (this.#socket.destroyed) return
      const isLast = this.#lane.isStopping()
      this.#send(this.#lane.write(method, answer, isLast))
      if (isLast) this.#finish()
      else this.#goOn()
    })
  }

  #leaveWith(answers: string, unread: string): void {
    const socket = this.#socket
    this.#send(answers)
    // Nothing can be put back before an end that was read.
    if (socket.readableEnded) return this.#finish()
    this.#leave()
    socket.off('data', this.#onData).off('drain', this.#onDrain).off('end', this.#onEnd)
    socket.off('timeout', this.#onOver).off('error', this.#onOver).off('close', this.#onClose)
    socket.setTimeout(0)
    socket.pause()
    this.#lane.handOver(socket, unread)
  }

  #finish(): void {
    this.#forgetPartial()
    this.#socket.off('data', this.#onData).off('drain', this.#onDrain).destroySoon()
  }

  #leave(): void {
    this.#forgetPartial()
    this.#onLeft()
  }
}
