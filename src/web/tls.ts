import type { Server, ServerOptions, ServerResponse } from 'node:http'
import { createServer as createHttpServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { checkTlsTexts, readTlsTexts, secureContextOf } from './tls-files.ts'
import type { TlsFiles, TlsTexts } from './tls-files.ts'

/** Makes one server of a listener. */
export type MakeServer = (options: ServerOptions, listener: RequestListener) => Server

/** Without TLS. */
export const makePlainServer: MakeServer = (options, listener) => createHttpServer(options, listener)

export type Listener = 'portal' | 'verify'

/** What became of a look at the files. */
type TlsLook = 'same' | 'waiting' | 'taken'

/** One certificate for several listeners, which can be replaced while they serve. */
export interface Tls {
  readonly portal: MakeServer
  /** Asks for a certificate where authorities are set. */
  readonly verify: MakeServer
  /** In use now. */
  readonly texts: TlsTexts
  /**
   * Takes the files over if they have changed since the last look but one: whoever writes them writes several.
   * @throws OperatorError when they can't be used; those in use go on
   */
  look(): TlsLook
}

export interface TlsOptions {
  readonly files: TlsFiles
  /** One of which a proxy's certificate must hold; null takes any. */
  readonly clientNames: readonly string[] | null
  readonly onRefused: (listener: Listener, code: string) => void
}

/**
 * HTTP/2 is for proxies that face browsers. Who doesn't get through a handshake, of two round trips at most, in this time
 * is no proxy of ours.
 */
const LIMITS = { minVersion: 'TLSv1.3', ALPNProtocols: ['http/1.1'], handshakeTimeout: 10_000 } as const
/** For an answer that is under way when its asker's authority is no longer one. */
const LAST_ANSWER_MS = 5_000

/** @throws OperatorError when the files can't be used */
export function openTls({ files, clientNames, onRefused }: TlsOptions): Tls {
  let texts = readTlsTexts(files)
  checkTlsTexts(texts, files)
  let seen = texts
  const servers = new Map<OwnServer, Listener>()
  const contextOf = (listener: Listener) =>
    ({ ...LIMITS, ...secureContextOf(listener === 'verify' ? texts : { ...texts, clientCa: null }) }) as const
  const make =
    (listener: Listener): MakeServer =>
    (options, handle) => {
      const asks = listener === 'verify' && files.clientCa !== null && { requestCert: true, rejectUnauthorized: true }
      const admits =
        asks === false || clientNames === null ? null : (socket: TLSSocket) => holdsName(socket, clientNames)
      const server = new OwnServer({ ...options, ...contextOf(listener), ...asks }, handle, admits)
      servers.set(server, listener)
      server.on('close', () => servers.delete(server))
      server.on('tlsClientError', (error, socket) => onRefused(listener, reasonOf(error, socket)))
      return server
    }
  return {
    portal: make('portal'),
    verify: make('verify'),
    get texts() {
      return texts
    },
    look() {
      const found = readTlsTexts(files)
      if (isSame(found, texts)) return 'same'
      const isSettled = isSame(found, seen)
      seen = found
      if (!isSettled) return 'waiting'
      checkTlsTexts(found, files)
      const isOtherTrust = found.clientCa !== texts.clientCa
      texts = found
      for (const [server, listener] of servers) {
        server.setSecureContext(contextOf(listener))
        if (isOtherTrust && listener === 'verify') server.endOlder()
      }
      return 'taken'
    },
  }
}

/** Whether a server's connections are TLS, and which event tells of those that are ready to be read. */
export function connectionEvent(server: Server): 'connection' | 'secureConnection' {
  return server instanceof HttpsServer ? 'secureConnection' : 'connection'
}

type Admits = (socket: TLSSocket) => boolean

class OwnServer extends HttpsServer {
  readonly #admits: Admits | null
  /** By their other ends, which are all that a socket has in common with its TLS. */
  readonly #handshakes = new Map<string, Socket>()
  readonly #open = new Set<Socket>()
  readonly #answers = new WeakMap<Socket, ServerResponse>()

  constructor(options: ServerOptions, listener: RequestListener, admits: Admits | null) {
    super(options, listener)
    this.#admits = admits
    this.prependListener('request', ({ socket }, response) => void this.#answers.set(socket, response))
  }

  /** Here no listener that is put in front of others later can be before it. */
  override emit(event: string, ...given: unknown[]): boolean {
    const [socket] = given
    if (event === 'connection' && socket instanceof Socket) this.#begin(socket)
    if (event === 'secureConnection' && socket instanceof TLSSocket) {
      this.#handshakes.delete(otherEnd(socket))
      if (this.#admits?.(socket) === false) {
        super.emit('tlsClientError', new Error('no name that may ask'), socket)
        return true
      }
      this.#open.add(socket)
      socket.on('close', () => this.#open.delete(socket))
    }
    return super.emit(event, ...given)
  }

  /** Ends connections whose trust began before: handshakes and those that are idle now, all others after their answer. */
  endOlder(): void {
    for (const socket of this.#handshakes.values()) socket.destroy()
    const older = [...this.#open]
    this.closeIdleConnections()
    for (const answer of older.map((socket) => this.#answers.get(socket)))
      if (answer !== undefined) answer.shouldKeepAlive = false
    setTimeout(() => older.forEach((socket) => socket.destroy()), LAST_ANSWER_MS).unref()
  }

  #begin(socket: Socket): void {
    const end = otherEnd(socket)
    this.#handshakes.set(end, socket)
    socket.on('close', () => this.#handshakes.get(end) === socket && this.#handshakes.delete(end))
  }
}

function otherEnd({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

/** Exact names alone: neither wildcards of the certificate nor its subject count (RFC 9525, 6.3). */
function holdsName(socket: TLSSocket, names: readonly string[]): boolean {
  const certificate = socket.getPeerX509Certificate()
  const options = { subject: 'never', wildcards: false } as const
  return certificate !== undefined && names.some((name) => certificate.checkHost(name, options) !== undefined)
}

function isSame(a: TlsTexts, b: TlsTexts): boolean {
  return a.certificate === b.certificate && a.key === b.key && a.clientCa === b.clientCa
}

/** A certificate that doesn't count is dropped without a word, so that the error tells of a lost connection alone. */
function reasonOf(error: Error, { authorizationError }: TLSSocket): string {
  // Its type says that it's an error; what OpenSSL calls it is a text (node:tls, onServerSocketSecure).
  if (authorizationError) return String(authorizationError)
  return 'code' in error ? String(error.code) : error.message
}
