import { once } from 'node:events'
import { connect } from 'node:net'
import { connectOptions } from '../address.ts'
import { HOSTS } from '../cases.ts'

/** One kept connection to a verify listener, as a proxy has it; one question at a time. */
export interface VerifyConnection {
  /** @returns the status @throws Error when the connection ends instead */
  ask(token: string): Promise<number>
  /** Port of this end, by which the kernel names the connection. */
  readonly localPort: number
  close(): void
}

const HEAD_END = '\r\n\r\n'
const STATUS = /^HTTP\/1\.1 (\d{3}) /
/** Browsers bring along what the app has set. */
const OTHER_COOKIES_BYTES = 500
/** The kernel refuses those beyond what a listener has room for that it hasn't taken yet. */
const AT_ONCE = 100

/**
 * @param address of a verify listener, as nginx writes it
 * @param host that the questions are about: one whose portal the gateway is
 */
export async function connectVerify(address: string, host: string = HOSTS.postern): Promise<VerifyConnection> {
  const question = questionFor(host)
  const socket = connect(connectOptions(address))
  await once(socket, 'connect')
  let waiting: PromiseWithResolvers<number> | null = null
  let received = ''
  const end = (error: Error): void => waiting?.reject(error)
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1')
    if (!received.endsWith(HEAD_END)) return
    const status = Number(STATUS.exec(received)?.[1])
    received = ''
    waiting?.resolve(status)
  })
  socket.on('error', end)
  socket.on('close', () => end(new Error('the gateway closed the connection')))
  return {
    ask(token) {
      waiting = Promise.withResolvers()
      socket.write(question + token + HEAD_END)
      return waiting.promise
    },
    localPort: socket.localPort ?? 0,
    close: () => void socket.destroy(),
  }
}

/** Opens so many of them, which close with `opened`. */
export async function connectMany(
  address: string,
  count: number,
  { opened, host }: { opened: AsyncDisposableStack; host?: string },
): Promise<VerifyConnection[]> {
  const connections: VerifyConnection[] = []
  opened.defer(() => connections.forEach((connection) => connection.close()))
  while (connections.length < count) {
    const next = Math.min(AT_ONCE, count - connections.length)
    connections.push(...(await Promise.all(Array.from({ length: next }, () => connectVerify(address, host)))))
  }
  return connections
}

function questionFor(host: string): string {
  return [
    'HEAD /verify/nginx/app/app HTTP/1.1',
    'Host: gateway',
    'X-Original-Method: GET',
    'X-Original-Proto: https',
    `X-Original-Host: ${host}`,
    'X-Original-URI: /reports/2026/summary',
    'X-Real-IP: 192.0.2.1',
    'Accept: application/json',
    `Cookie: app_session=${'a'.repeat(OTHER_COOKIES_BYTES)}; __Host-postern=`,
  ].join('\r\n')
}
