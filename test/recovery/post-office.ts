import assert from 'node:assert/strict'
import { sendWaiting } from '../../src/mail/sender.ts'
import { openSmtp } from '../../src/mail/smtp.ts'
import { createMailLinks } from '../../src/recovery/mail-links.ts'
import type { TestApp, TestAppOptions } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'
import { linkIn, startSmtpServer } from '../support/smtp.ts'
import type { SmtpServer } from '../support/smtp.ts'
import { openPortal } from '../login/browser.ts'

/** The portal with a mail server; mails go out when they are told to. */
export interface PostOffice extends TestApp {
  readonly server: SmtpServer
  /** Sends what waits. */
  readonly deliver: () => Promise<void>
  /** Path of the link in the latest mail to an address. */
  readonly linkTo: (address: string) => string
}

/** Opens the portal beside a mail server, with one user, `alice`. */
export async function openPostOffice(t: Cleanup, options: TestAppOptions = {}): Promise<PostOffice> {
  const server = await startSmtpServer(t)
  const env = { POSTERN_SMTP_URL: `smtp://127.0.0.1:${server.port}`, POSTERN_MAIL_FROM: 'auth@example.com' }
  const app = await openPortal(t, { ...options, env })
  await app.addUser('alice')
  const address = { host: '127.0.0.1', port: server.port, security: 'none', user: null, password: null } as const
  const transport = await openSmtp(address, { name: '', address: 'auth@example.com' })
  t.after(async () => transport.close())
  const { database, recovery, log } = app.context
  const parts = {
    database,
    transport,
    publicUrl: recovery.publicUrl,
    look: app.context.look,
    linkFor: createMailLinks(recovery),
    log,
  }
  return {
    ...app,
    server,
    async deliver() {
      await sendWaiting({ ...parts, onOutcome: () => undefined }, new AbortController().signal)
    },
    linkTo(to) {
      const mail = server.mails.findLast((each) => each.to.includes(to))
      return linkIn(mail ?? assert.fail(`no mail to ${to}`)).pathname
    },
  }
}
