import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { launchChromium } from '../support/chromium.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { PASSWORD } from '../support/e2e.ts'
import { startPostern } from '../support/postern-process.ts'
import type { PosternProcess } from '../support/postern-process.ts'
import { linkIn, startSmtpServer } from '../support/smtp.ts'
import type { SmtpServer } from '../support/smtp.ts'
import { createCertificate } from '../support/tls.ts'

const NEW_PASSWORD = 'a quite different pass phrase'
const LAUNCHER = join(import.meta.dirname, '../../bin/postern')

test('recovery by mail in a real browser', { timeout: 120_000 }, async (t) => {
  const { server, postern, origin } = await start(t)
  const browser = await launchChromium(t, { hosts: {} })
  const page = await browser.newPage({ viewport: { width: 360, height: 740 } })
  const requests: { url: string; referrer: string }[] = []
  page.on('request', (request) => {
    requests.push({ url: request.url(), referrer: request.headers()['referer'] ?? '' })
  })
  await page.goto(readFileSync(join(postern.dataDir, 'first-run-link.txt'), 'utf8').trim())
  await fill(page, { Login: 'anna', 'E-mail': 'anna@example.com', Name: 'Anna', Password: PASSWORD })
  await page.getByRole('button', { name: 'Create the account' }).click()
  await page.waitForURL(`${origin}/`)

  await t.test('a forgotten password is set by a link from a mail', async () => {
    await page.context().clearCookies()
    await page.goto(`${origin}/.postern/login`)
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await fill(page, { 'Login or e-mail address': 'anna' })
    await page.getByRole('button', { name: 'Send the link' }).click()
    await page.getByRole('heading', { name: 'Look into your mail' }).waitFor()
    const mail = await server.nextOf('anna@example.com', 'Set a new password')
    assert.equal(mail.wasEncrypted, true)
    const link = linkIn(mail)
    assert.equal(link.origin, origin)
    await page.goto(link.href)
    await fill(page, { 'New password': NEW_PASSWORD })
    await page.getByRole('button', { name: 'Set the password' }).click()
    await page.getByRole('heading', { name: 'Your password is set' }).waitFor()
    await server.nextOf('anna@example.com', 'Your password was reset')
    await page.getByRole('link', { name: 'Sign in' }).click()
    await signIn(page, 'anna', NEW_PASSWORD)
    await page.waitForURL(`${origin}/.postern/`)
    assert.equal((await page.request.get(link.href)).status(), 410)
    assertSecret(requests, link)
  })

  await t.test('somebody who was invited by mail makes an account', async () => {
    const { stdout } = await command(postern, 'user', 'invite', '--email', 'bob@example.com')
    assert.match(stdout, /a mail is on its way/)
    const link = linkIn(await server.nextOf('bob@example.com', 'You are invited'))
    const other = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage()
    await other.goto(link.href)
    await fill(other, { Login: 'bob', Name: 'Bob', Password: PASSWORD })
    await other.getByRole('button', { name: 'Create the account' }).click()
    await other.waitForURL(`${origin}/`)
    await other.goto(`${origin}/.postern/account/email`)
    await other.getByText('bob@example.com').waitFor()
    await other.getByText('confirmed', { exact: true }).waitFor()
  })

  await t.test('an address is changed by the link that goes to the new one', async () => {
    await page.goto(`${origin}/.postern/account/email`)
    await fill(page, { 'New address': 'anna@new.example.com' })
    await page.getByRole('button', { name: 'Change the address' }).click()
    await page.getByText('A link is on its way to').waitFor()
    const link = linkIn(await server.nextOf('anna@new.example.com', 'Confirm your e-mail address'))
    await server.nextOf('anna@example.com', 'Your e-mail address is about to change')
    await page.goto(link.href)
    await page.getByRole('button', { name: 'Confirm this address' }).click()
    await page.getByRole('heading', { name: 'Your e-mail address is confirmed' }).waitFor()
    await page.goto(`${origin}/.postern/account/email`)
    await page.getByText('anna@new.example.com').waitFor()
    assertSecret(requests, link)
  })

  await t.test('no link is in the log', () => {
    for (const mail of server.mails)
      for (const token of mail.text.match(/p[a-z]1[\w-]{56}/g) ?? []) assert.ok(!postern.logs().includes(token))
  })
  assert.equal(await postern.stop(), 0)
})

interface Post extends SmtpServer {
  /** The next mail to an address with such a subject. */
  readonly nextOf: (to: string, subject: string) => ReturnType<SmtpServer['next']>
}

async function start(t: TestContext): Promise<{ server: Post; postern: PosternProcess; origin: string }> {
  const certificate = await createCertificate(await temporaryDirectory(t), ['localhost'])
  const smtp = await startSmtpServer(t, { certificate, implicitTls: true })
  const postern = await startPostern(t, {
    POSTERN_SMTP_URL: `smtps://localhost:${smtp.port}`,
    POSTERN_MAIL_FROM: 'Example sign-in <auth@example.com>',
    NODE_EXTRA_CA_CERTS: certificate.certificatePath,
  })
  const nextOf: Post['nextOf'] = async (to, subject) => {
    for (;;) {
      const mail = await smtp.next(to)
      if (mail.subject.startsWith(subject)) return mail
    }
  }
  const origin = `http://localhost:${postern.env['POSTERN_LISTEN']?.split(':')[1]}`
  return { server: { ...smtp, nextOf }, postern, origin }
}

/** RST-10: the browser told no page and no asset the address that brought it there. */
function assertSecret(requests: readonly { readonly referrer: string }[], link: URL): void {
  const token = link.pathname.slice(link.pathname.lastIndexOf('/') + 1)
  assert.deepEqual(
    requests.filter(({ referrer }) => referrer.includes(token)),
    [],
  )
}

async function fill(page: Page, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(values)) await page.getByLabel(label, { exact: true }).fill(value)
}

async function signIn(page: Page, login: string, password: string): Promise<void> {
  await fill(page, { Login: login, Password: password })
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

function command({ env }: PosternProcess, ...args: readonly string[]): Promise<{ stdout: string }> {
  return promisify(execFile)(LAUNCHER, args, { env: { PATH: process.env['PATH'] ?? '', ...env } })
}
