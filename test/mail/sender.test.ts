import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { notify } from '../../src/mail/outbox.ts'
import { sendWaiting } from '../../src/mail/sender.ts'
import type { SenderParts, SendOutcome } from '../../src/mail/sender.ts'
import { openSmtp } from '../../src/mail/smtp.ts'
import { createUser } from '../../src/users/users.ts'
import { statement } from '../../src/store/statement.ts'
import { PLAIN_LOOK } from '../../src/web/look.ts'
import { openTestDatabase } from '../support/database.ts'
import type { Cleanup } from '../support/directories.ts'
import { linkIn, startSmtpServer } from '../support/smtp.ts'
import type { SmtpServer, SmtpServerOptions } from '../support/smtp.ts'

const NEVER = new AbortController().signal
const MAKE_DUE = statement('make_due', `update auth.mail_outbox set next_attempt_at = now()`)
const AGE = statement<[hours: number]>(
  'age',
  `update auth.mail_outbox set created_at = created_at - $1 * interval '1 hour', next_attempt_at = now()`,
)
const WAITS = statement<[], { attempts: number; seconds: number; last_error: string | null }>(
  'waits',
  `select attempts, round(extract(epoch from next_attempt_at - now()))::int as seconds, last_error
   from auth.mail_outbox where sent_at is null`,
)
const QUEUE_UNKNOWN = statement(
  'queue_unknown',
  `insert into auth.mail_outbox (recipient, kind) values ('a@example.com', 'of_the_future')`,
)
const AT = new URL('https://auth.example.com')

interface Post {
  readonly parts: SenderParts
  readonly server: SmtpServer
  readonly alice: string
  readonly outcomes: SendOutcome[]
  readonly lines: string[]
}

suite('the outbox', () => {
  test('sends a notice once, with a link to the portal alone, and says when and from where', async (t) => {
    const { parts, server, alice, outcomes } = await open(t)
    const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
    await notify(parts.database, alice, 'factor_added', { factor: 'totp', address: '192.0.2.7', userAgent })
    assert.equal(await sendWaiting(parts, NEVER), 0)
    assert.equal(await sendWaiting(parts, NEVER), 0)
    assert.deepEqual(outcomes, ['sent'])
    const [mail] = server.mails
    assert.ok(mail !== undefined)
    assert.equal(mail.subject, 'A second factor was added · auth.example.com')
    assert.match(mail.text, /An authenticator app was added to your account alice\./)
    assert.match(mail.text, /When: +\d{4}-\d\d-\d\d \d\d:\d\d UTC\nFrom: +192\.0\.2\.7\nDevice: +Firefox on Linux/)
    assert.equal(linkIn(mail).href, 'https://auth.example.com/account/sessions')
    assert.match(mail.html, /href="https:\/\/auth\.example\.com\/account\/sessions"/)
    assert.doesNotMatch(mail.html, /<(img|script|link|style)\b|url\(/)
  })

  test('CSRF-11: writes what was stored as text', async (t) => {
    const { parts, server, alice } = await open(t)
    await notify(parts.database, alice, 'new_device', { address: '<img src=x onerror=alert(1)>' })
    await sendWaiting(parts, NEVER)
    assert.doesNotMatch(server.mails[0]?.html ?? '', /<img/)
    assert.match(server.mails[0]?.html ?? '', /&#60;img src=x/)
  })

  test('of 32 that send at once, each mail goes out once', async (t) => {
    const { parts, server, alice } = await open(t)
    for (let count = 0; count < 8; count++) await notify(parts.database, alice, 'new_device')
    await Promise.all(Array.from({ length: 32 }, () => sendWaiting(parts, NEVER)))
    assert.equal(server.mails.length, 8)
  })

  test('waits longer after each failure, and goes out once the server takes it', async (t) => {
    let isBusy = true
    const { parts, server, alice, outcomes } = await open(t, { refuse: () => (isBusy ? '451 later' : null) })
    await notify(parts.database, alice, 'new_device')
    const waits: number[] = []
    for (let round = 0; round < 9; round++) {
      assert.equal(await sendWaiting(parts, NEVER), 1)
      const [row] = await parts.database.query(WAITS)
      assert.match(row?.last_error ?? '', /451/)
      waits.push(row?.seconds ?? 0)
      await parts.database.query(MAKE_DUE)
    }
    assert.deepEqual(waits, [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600])
    isBusy = false
    await sendWaiting(parts, NEVER)
    assert.deepEqual([outcomes.at(-1), server.mails.length], ['sent', 1])
  })

  test('gives up after a day, and at once for an address that is never taken, and the log says so', async (t) => {
    let reply = '451 later'
    const { parts, alice, outcomes, lines } = await open(t, { refuse: () => reply })
    await notify(parts.database, alice, 'new_device')
    await sendWaiting(parts, NEVER)
    await parts.database.query(AGE, 25)
    assert.equal(await sendWaiting(parts, NEVER), 0)
    reply = '550 no such user'
    await notify(parts.database, alice, 'new_device')
    assert.equal(await sendWaiting(parts, NEVER), 0)
    assert.deepEqual(outcomes, ['failed', 'given_up', 'given_up'])
    assert.deepEqual(lines, ['a mail could not be sent yet', 'a mail was given up', 'a mail was given up'])
  })

  test('drops what has no link any more, and what a newer version queued', async (t) => {
    const { parts, server, alice, outcomes } = await open(t)
    await notify(parts.database, alice, 'new_device')
    await sendWaiting({ ...parts, linkFor: async () => null }, NEVER)
    await parts.database.query(QUEUE_UNKNOWN)
    await sendWaiting(parts, NEVER)
    assert.deepEqual([outcomes, server.mails], [['dropped', 'dropped'], []])
  })
})

async function open(t: Cleanup, options: SmtpServerOptions = {}): Promise<Post> {
  const { database } = await openTestDatabase(t)
  const server = await startSmtpServer(t, options)
  const address = { host: '127.0.0.1', port: server.port, security: 'none', user: null, password: null } as const
  const transport = await openSmtp(address, { name: '', address: 'auth@example.com' })
  t.after(async () => transport.close())
  const alice = { login: 'alice', email: 'alice@example.com', name: 'Alice', roles: [], password: null }
  const outcomes: SendOutcome[] = []
  const lines: string[] = []
  const say = (_: object, line: string): void => void lines.push(line)
  const parts: SenderParts = {
    database,
    transport,
    publicUrl: AT,
    look: PLAIN_LOOK,
    linkFor: async () => 'https://auth.example.com/account/sessions',
    log: { info: say, warn: say } as SenderParts['log'],
    onOutcome: (outcome) => outcomes.push(outcome),
  }
  return { parts, server, alice: await createUser(database, alice), outcomes, lines }
}
