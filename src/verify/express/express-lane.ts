import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { ListenAddress } from '../../config/values.ts'
import { peerAddress } from '../../web/peer.ts'
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
}

interface LaneParts extends ExpressLaneParts {
  readonly server: Server
  readonly read: ReadRequestAt
  readonly write: WriteAnswer
  /** Gives a connection to the ordinary server for good. */
  readonly handOver: (socket: Socket, unread: string) => void
}

/** For a request that doesn't come whole; the ordinary server has time limits of its own. */
const PARTIAL_MS = 1_000
/** As the ordinary server takes at most; it says so with a status. */
const MAX_UNREAD = 65_536
/** As node:http, which keeps a connection a little longer than it says. */
const KEEP_ALIVE_GRACE_MS = 1_000

/**
 * Puts the lane in front of a server that does not listen yet. What the lane doesn't wholly understand goes to that
 * server with its connection and all unread bytes, so that a strict reader never has to be lenient.
 */
export function openExpressLane(server: Server, parts: ExpressLaneParts): ExpressLane {
  const ordinary = server.listeners('connection') as ((socket: Socket) => void)[]
  const connections = new Set<ExpressConnection>()
  const lane: LaneParts = {
    ...parts,
    server,
    read: createRequestReader(),
    write: createWriteAnswer(server.keepAliveTimeout),
    handOver(socket, unread) {
      for (const take of ordinary) take.call(server, socket)
      if (unread !== '') socket.unshift(Buffer.from(unread, 'latin1'))
      socket.resume()
    },
  }
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const connection = new ExpressConnection(socket, lane, () => connections.delete(connection))
    connections.add(connection)
  })
  return { close: () => connections.forEach((connection) => connection.close()) }
}

/** One kept connection: requests are answered in the order in which they came. */
class ExpressConnection {
  readonly #socket: Socket
  readonly #lane: LaneParts
  readonly #peer: string | null
  readonly #onLeft: () => void
  readonly #onData = (chunk: Buffer): void => this.#take(chunk)
  readonly #onDrain = (): void => void (this.#isAnswering || this.#socket.resume())
  readonly #onEnd = (): void => this.close()
  readonly #onOver = (): void => void this.#socket.destroy()
  readonly #onClose = (): void => this.#leave()
  /** Bytes of a request that isn't whole, or that waits for the answer to the one before. */
  #unread = ''
  #partial: NodeJS.Timeout | undefined
  #isKept = false
  #isAnswering = false
  #isClosing = false

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
    this.#isClosing = true
    if (!this.#isAnswering) this.#socket.destroySoon()
  }

  #take(chunk: Buffer): void {
    const text = chunk.toString('latin1')
    this.#unread = this.#unread === '' ? text : this.#unread + text
    if (!this.#isAnswering) this.#answerAll()
  }

  #answerAll(): void {
    const { read, findRoute, gateway, write, server } = this.#lane
    const text = this.#unread
    let answers = ''
    let at = 0
    while (at < text.length) {
      const request = read(text, at)
      if (request === 'incomplete' && text.length - at <= MAX_UNREAD) break
      // At a stop the ordinary server tells the other side that the connection ends.
      const route = typeof request === 'string' || !server.listening ? null : findRoute(request.target)
      if (typeof request === 'string' || route === null) return this.#leaveWith(answers, text.slice(at))
      const { method, rawHeaders } = request
      at = request.end
      const { dialect, appName } = route
      const answer = gateway(dialect, { rawHeaders, method, target: '', peer: this.#peer, appName })
      if (answer instanceof Promise) return this.#wait(answers, text.slice(at), method, answer)
      answers += write(method, answer)
    }
    this.#unread = text.slice(at)
    this.#send(answers)
    this.#watchPartial(at > 0)
  }

  #send(answers: string): void {
    if (answers === '') return
    if (!this.#isKept) this.#keep()
    if (!this.#socket.write(answers, 'latin1')) this.#socket.pause()
  }

  /** Whoever has asked once may be idle for longer. */
  #keep(): void {
    this.#isKept = true
    this.#socket.setTimeout(this.#lane.server.keepAliveTimeout + KEEP_ALIVE_GRACE_MS)
  }

  #wait(answers: string, unread: string, method: 'GET' | 'HEAD', late: Promise<Answer>): void {
    this.#send(answers)
    this.#unread = unread
    this.#isAnswering = true
    this.#socket.pause()
    void late.then((answer) => {
      this.#isAnswering = false
      if (this.#socket.destroyed) return
      this.#socket.resume()
      this.#send(this.#lane.write(method, answer))
      if (this.#isClosing) this.#socket.destroySoon()
      else this.#answerAll()
    })
  }

  #watchPartial(isAnother: boolean): void {
    if (isAnother || this.#unread === '') clearTimeout(this.#partial)
    else if (this.#partial !== undefined) return
    this.#partial =
      this.#unread === '' ? undefined : setTimeout(() => this.#leaveWith('', this.#unread), PARTIAL_MS).unref()
  }

  #leaveWith(answers: string, unread: string): void {
    const socket = this.#socket
    this.#send(answers)
    this.#leave()
    socket.off('data', this.#onData).off('drain', this.#onDrain).off('end', this.#onEnd)
    socket.off('timeout', this.#onOver).off('error', this.#onOver).off('close', this.#onClose)
    socket.setTimeout(0)
    socket.pause()
    this.#lane.handOver(socket, unread)
  }

  #leave(): void {
    clearTimeout(this.#partial)
    this.#onLeft()
  }
}
