import type { MailFrom, SmtpAddress } from '../config/smtp-address.ts'

/** One mail, ready to send. */
export interface Message {
  /** Stays the same when a mail is sent again, so that a receiver can tell. */
  readonly id: string
  /** One address as it is stored. */
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** Hands mails over to a server. */
export interface Transport {
  /**
   * `refused` when the server will never take mails for this address.
   * @throws Error when it may take it later
   */
  send(message: Message): Promise<{ readonly kind: 'sent' } | { readonly kind: 'refused'; readonly why: string }>
  close(): void
}

const TIMEOUT_MS = 15_000
const TIMEOUTS = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS }
/** Holiday replies and the like must not answer (RFC 3834). */
const HEADERS = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' }

/** A transport that keeps a connection open between mails. */
export async function openSmtp(address: SmtpAddress, from: MailFrom): Promise<Transport> {
  const { createTransport } = await import('nodemailer')
  const { host, port, user, password } = address
  const transport = createTransport({
    host,
    port,
    ...securityOf(address),
    ...TIMEOUTS,
    ...(user !== null && password !== null && { auth: { user, pass: password } }),
    pool: true,
    maxConnections: 1,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = from.address.slice(from.address.indexOf('@') + 1)
  return {
    async send({ id, to, subject, text, html }) {
      const about = { subject, text, html, messageId: `<${id}@${domain}>`, headers: HEADERS }
      try {
        await transport.sendMail({ ...about, from: { ...from }, to: { name: '', address: to } })
        return { kind: 'sent' }
      } catch (error) {
        if (isForGood(error)) return { kind: 'refused', why: error.message }
        throw error
      }
    },
    close: () => transport.close(),
  }
}

function securityOf({ security }: SmtpAddress) {
  return {
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { minVersion: 'TLSv1.2' as const },
  }
}

/** A reply in the 500s to the recipient; to anything else it tells of our own settings, which may be mended. */
function isForGood(error: unknown): error is Error {
  if (!(error instanceof Error) || !('responseCode' in error) || !('command' in error)) return false
  return error.command === 'RCPT TO' && typeof error.responseCode === 'number' && error.responseCode >= 500
}
