import { createSocket } from 'node:dgram'
import { connect, isIP, isIPv6 } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { SyslogAddress } from '../config/audit-sinks.ts'
import type { Sink } from './deliver.ts'
import { writeJson } from './format.ts'
import type { EventRow } from './search-table.ts'
import { writeSyslog } from './syslog-message.ts'

/** What fits into a datagram that every receiver takes; a longer message goes without its text (RFC 5424, 6.1). */
const MAX_DATAGRAM = 8_192

/** Before our side of a connection closes: who has no room for one more closes his at once, and reads nothing. */
const OPEN_MS = 100

/** Sends events as syslog messages. @param host whom they are from */
export function openSyslog(address: SyslogAddress, host: string): Sink {
  return {
    name: 'syslog',
    send: ({ events }, signal) =>
      address.protocol === 'udp'
        ? sendDatagrams(address, host, { events, signal })
        : sendStream(address, host, { events, signal }),
    close: async () => {},
  }
}

interface Sent {
  readonly events: readonly EventRow[]
  readonly signal: AbortSignal
}

/** Nobody tells whether a datagram arrives, so this only knows of what could not be sent. */
async function sendDatagrams({ host: to, port }: SyslogAddress, host: string, { events, signal }: Sent): Promise<void> {
  const socket = createSocket({ type: isIPv6(to) ? 'udp6' : 'udp4' })
  const failed = new Promise<never>((_done, fail) => {
    socket.once('error', fail)
    signal.addEventListener('abort', () => fail(new Error('it took too long')), { once: true })
  })
  // Where nobody waits for it any more it is no news.
  failed.catch(() => undefined)
  try {
    for (const event of events) {
      const whole = Buffer.from(writeSyslog(event, { host, message: writeJson(event) }))
      const bytes = whole.length > MAX_DATAGRAM ? Buffer.from(writeSyslog(event, { host, message: '' })) : whole
      const sent = new Promise<void>((done, fail) =>
        socket.send(bytes, port, to, (error) => (error ? fail(error) : done())),
      )
      await Promise.race([sent, failed])
    }
  } finally {
    socket.close()
  }
}

/**
 * A connection for each delivery, with octet counting (RFC 5425, 4.3; RFC 6587, 3.4.1). Syslog has no receipts, so the
 * nearest to one is waited for: that the receiver closes its side after it has read to the end of ours.
 */
async function sendStream(address: SyslogAddress, host: string, { events, signal }: Sent): Promise<void> {
  const frames = events.map((event) => {
    const message = writeSyslog(event, { host, message: writeJson(event) })
    return `${Buffer.byteLength(message)} ${message}`
  })
  const socket = openStream(address)
  const abort = (): void => void socket.destroy(new Error('it took too long'))
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  let ending: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((done, fail) => {
      let isWritten = false
      socket.once('error', fail)
      socket.once('end', () => isWritten || fail(new Error('it closed the connection too early')))
      socket.once('close', () => (isWritten ? done() : fail(new Error('it closed the connection too early'))))
      socket.once(address.protocol === 'tls' ? 'secureConnect' : 'connect', () => {
        socket.write(frames.join(''))
        ending = setTimeout(() => socket.end(() => (isWritten = true)), address.protocol === 'tcp' ? OPEN_MS : 0)
      })
      socket.resume()
    })
  } finally {
    clearTimeout(ending)
    signal.removeEventListener('abort', abort)
    socket.destroy()
  }
}

function openStream({ protocol, host, port }: SyslogAddress): Socket {
  if (protocol === 'tcp') return connect({ host, port })
  return connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }) })
}
