import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { SmtpAddress } from '../../src/config/smtp-address.ts'
import { openSmtp } from '../../src/mail/smtp.ts'
import type { Message } from '../../src/mail/smtp.ts'
import { temporaryDirectory } from '../support/directories.ts'
import type { Cleanup } from '../support/directories.ts'
import { startSmtpServer } from '../support/smtp.ts'
import type { SmtpServer, SmtpServerOptions } from '../support/smtp.ts'
import { createCertificate } from '../support/tls.ts'

const FROM = { name: 'Example sign-in', address: 'auth@example.com' }
const MESSAGE: Message = {
  id: '1b',
  to: 'alice@example.com',
  subject: 'Grüße · app.example.com',
  text: 'Zwölf\n',
  html: '<p>Zwölf</p>',
}

suite('handing mails to a server', () => {
  test('keeps to the one address, in an envelope of its own, and tells machines not to answer', async (t) => {
    const server = await startSmtpServer(t)
    assert.deepEqual(await send(t, server, { security: 'none' }), { kind: 'sent' })
    const [mail] = server.mails
    assert.deepEqual([mail?.from, mail?.to], ['auth@example.com', ['alice@example.com']])
    assert.deepEqual([mail?.subject, mail?.text.trim(), mail?.html.trim()], [MESSAGE.subject, 'Zwölf', '<p>Zwölf</p>'])
    assert.ok(mail?.headers.includes('Auto-Submitted: auto-generated'))
    assert.ok(mail?.headers.includes('Message-ID: <1b@example.com>'))
    assert.ok(mail?.headers.some((line) => /^From: "?Example sign-in"? <auth@example\.com>$/.test(line)))
  })

  test('gives user and password only once the line is encrypted', async (t) => {
    const server = await startSmtpServer(t, await trusted(t))
    await send(t, server, { host: 'localhost', security: 'starttls', user: 'auth', password: 'planted' })
    assert.deepEqual([server.mails[0]?.wasEncrypted, server.mails[0]?.credentials], [true, 'auth:planted'])
  })

  test('takes TLS from the first byte', async (t) => {
    const server = await startSmtpServer(t, { ...(await trusted(t)), implicitTls: true })
    await send(t, server, { host: 'localhost', security: 'tls' })
    assert.equal(server.mails[0]?.wasEncrypted, true)
  })

  test('sends nothing where STARTTLS is not offered, or by somebody nobody vouches for', async (t) => {
    const plain = await startSmtpServer(t)
    await assert.rejects(send(t, plain, { security: 'starttls' }))
    const folder = await temporaryDirectory(t)
    const stranger = await startSmtpServer(t, { certificate: await createCertificate(folder, ['localhost']) })
    await assert.rejects(send(t, stranger, { host: 'localhost', security: 'starttls' }))
    assert.deepEqual([...plain.mails, ...stranger.mails], [])
  })

  test('tells what will never be taken from what may be later', async (t) => {
    const refused = await startSmtpServer(t, { refuse: () => '550 no such user' })
    assert.equal((await send(t, refused, { security: 'none' })).kind, 'refused')
    const busy = await startSmtpServer(t, { refuse: () => '451 later' })
    await assert.rejects(send(t, busy, { security: 'none' }))
  })

  test('RST-02: an address with a line break in it reaches no header and nobody else', async (t) => {
    const server = await startSmtpServer(t)
    const to = 'alice@example.com\r\nBcc: evil@evil.test'
    await send(t, server, { security: 'none' }, { ...MESSAGE, to }).catch(() => undefined)
    const recipients = server.mails.flatMap((mail) => mail.to)
    assert.ok(!recipients.includes('evil@evil.test'))
    assert.ok(server.mails.every(({ headers }) => !headers.some((line) => /^bcc:/i.test(line))))
  })
})

/** Makes this process trust the server's certificate until the test is over. */
async function trusted(t: Cleanup): Promise<SmtpServerOptions> {
  const certificate = await createCertificate(await temporaryDirectory(t), ['localhost'])
  const before = getCACertificates('default')
  setDefaultCACertificates([readFileSync(certificate.certificatePath, 'utf8')])
  t.after(async () => setDefaultCACertificates(before))
  return { certificate }
}

async function send(t: Cleanup, server: SmtpServer, address: Partial<SmtpAddress>, message: Message = MESSAGE) {
  const { port } = server
  const transport = await openSmtp(
    { host: '127.0.0.1', port, security: 'tls', user: null, password: null, ...address },
    FROM,
  )
  t.after(async () => transport.close())
  return transport.send(message)
}
