import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTlsServer, TLSSocket } from 'node:tls'
import type { Cleanup } from './directories.ts'
import type { Certificate } from './tls.ts'

/** One mail as it came over the wire. */
export interface CaughtMail {
  readonly from: string
  readonly to: readonly string[]
  /** Header lines, unfolded. */
  readonly headers: readonly string[]
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly wasEncrypted: boolean
  /** User name and password, where the client gave some. */
  readonly credentials: string | null
}

export interface SmtpServerOptions {
  readonly certificate?: Certificate
  /** TLS from the first byte, in place of STARTTLS. */
  readonly implicitTls?: boolean
  /** A reply such as `550 no such user` in place of taking the mail; null takes it. */
  readonly refuse?: (to: string) => string | null
}

export interface SmtpServer {
  readonly port: number
  readonly mails: readonly CaughtMail[]
  /** The next mail to an address that nobody has asked for yet, as soon as it is there. */
  readonly next: (to: string) => Promise<CaughtMail>
}

interface Session {
  from: string
  to: string[]
  credentials: string | null
}

/** A mail server on a free port of 127.0.0.1 that keeps what it is given; closed after the test. */
export async function startSmtpServer(t: Cleanup, options: SmtpServerOptions = {}): Promise<SmtpServer> {
  const mails: CaughtMail[] = []
  const given = new Set<CaughtMail>()
  const waiting = new Set<() => void>()
  const sockets = new Set<Socket>()
  const keep = (mail: CaughtMail): void => {
    mails.push(mail)
    for (const look of waiting) look()
  }
  const talkTo = (socket: Socket): void => {
    sockets.add(socket.on('error', () => socket.destroy()))
    talk(socket, options, keep)
  }
  const tls = options.certificate === undefined ? null : credentialsOf(options.certificate)
  const server = options.implicitTls === true && tls !== null ? createTlsServer(tls, talkTo) : createServer(talkTo)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((done) => server.close(done))
  })
  const next = (to: string): Promise<CaughtMail> =>
    new Promise((found) => {
      const look = (): void => {
        const mail = mails.find((each) => each.to.includes(to) && !given.has(each))
        if (mail === undefined) return
        given.add(mail)
        waiting.delete(look)
        found(mail)
      }
      waiting.add(look)
      look()
    })
  return { port: (server.address() as AddressInfo).port, mails, next }
}

/** The one link of a mail's text. */
export function linkIn({ text }: CaughtMail): URL {
  const [link, ...others] = text.match(/https?:\/\/\S+/g) ?? []
  if (link === undefined || others.length > 0) throw new Error(`not one link: ${text}`)
  return new URL(link)
}

function talk(socket: Socket, options: SmtpServerOptions, keep: (mail: CaughtMail) => void, greets = true): void {
  const session: Session = { from: '', to: [], credentials: null }
  const say = (line: string): void => void socket.write(`${line}\r\n`)
  const isTls = socket instanceof TLSSocket
  let buffer = ''
  let inData = false
  if (greets) say('220 test')
  socket.on('data', (chunk: Buffer) => {
    buffer += chunk.toString('latin1')
    for (;;) {
      const end = buffer.indexOf(inData ? '\r\n.\r\n' : '\r\n')
      if (end === -1) return
      const line = buffer.slice(0, end)
      buffer = buffer.slice(end + (inData ? 5 : 2))
      if (inData) {
        keep({ ...readMessage(line), ...session, wasEncrypted: isTls })
        inData = false
        say('250 kept')
      } else if (/^STARTTLS$/i.test(line) && options.certificate !== undefined) {
        say('220 go on')
        socket.removeAllListeners('data')
        const secured = new TLSSocket(socket, { isServer: true, ...credentialsOf(options.certificate) })
        return talk(
          secured.on('error', () => secured.destroy()),
          options,
          keep,
          false,
        )
      } else {
        inData = /^DATA$/i.test(line)
        say(reply(line, session, options, isTls))
      }
    }
  })
}

function reply(line: string, session: Session, { certificate, refuse }: SmtpServerOptions, isTls: boolean): string {
  const [, from] = /^MAIL FROM:<([^>]*)>/i.exec(line) ?? []
  const [, to] = /^RCPT TO:<([^>]*)>/i.exec(line) ?? []
  const [, secret] = /^AUTH PLAIN (\S+)$/i.exec(line) ?? []
  if (from !== undefined) Object.assign(session, { from, to: [] })
  if (secret !== undefined) {
    session.credentials = Buffer.from(secret, 'base64').toString().split('\0').slice(1).join(':')
    return '235 known'
  }
  if (to !== undefined) {
    const refusal = refuse?.(to) ?? null
    if (refusal !== null) return refusal
    session.to = [...session.to, to]
  }
  if (/^EHLO/i.test(line)) {
    const offers = ['test', ...(certificate !== undefined && !isTls ? ['STARTTLS'] : []), 'AUTH PLAIN']
    return offers.map((offer, index) => `250${index === offers.length - 1 ? ' ' : '-'}${offer}`).join('\r\n')
  }
  if (/^STARTTLS$/i.test(line)) return '502 not here'
  return /^DATA$/i.test(line) ? '354 go on' : '250 fine'
}

function readMessage(raw: string): Pick<CaughtMail, 'headers' | 'subject' | 'text' | 'html'> {
  const message = raw.replaceAll('\r\n..', '\r\n.')
  const { headers, body } = splitPart(message)
  const boundary = /boundary="([^"]+)"/.exec(headers.join('\n'))?.[1] ?? ''
  const parts = body.split(`--${boundary}`).map((part) => splitPart(part.replace(/^\r\n/, '')))
  const textOf = (type: string): string =>
    parts
      .filter((part) => part.headers.some((line) => line.toLowerCase().startsWith(`content-type: ${type}`)))
      .map(decode)[0] ?? ''
  const subject = headers.find((line) => /^subject:/i.test(line))?.slice('subject: '.length) ?? ''
  return {
    headers,
    subject: decodeWords(subject),
    text: textOf('text/plain').replaceAll('\r\n', '\n'),
    html: textOf('text/html'),
  }
}

function splitPart(part: string): { headers: readonly string[]; body: string } {
  const [head = '', ...rest] = part.split('\r\n\r\n')
  return { headers: head.replace(/\r\n[ \t]+/g, ' ').split('\r\n'), body: rest.join('\r\n\r\n') }
}

function decode({ headers, body }: { headers: readonly string[]; body: string }): string {
  const encoding = headers.find((line) => /^content-transfer-encoding:/i.test(line)) ?? ''
  if (/base64/i.test(encoding)) return Buffer.from(body, 'base64').toString()
  return /quoted-printable/i.test(encoding) ? unquote(body.replaceAll('=\r\n', '')) : body
}

function decodeWords(subject: string): string {
  return subject
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?UTF-8\?Q\?([^?]*)\?=/gi, (_, text: string) => unquote(text.replaceAll('_', ' ')))
    .replace(/=\?UTF-8\?B\?([^?]*)\?=/gi, (_, text: string) => Buffer.from(text, 'base64').toString())
}

function unquote(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}

function credentialsOf({ certificatePath, keyPath }: Certificate): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(certificatePath), key: readFileSync(keyPath) }
}
