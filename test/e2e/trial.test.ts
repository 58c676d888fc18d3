import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { launchChromium } from '../support/chromium.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { headerValues, startEchoApp } from '../support/echo-app.ts'
import type { EchoedRequest } from '../support/echo-app.ts'
import { PASSWORD } from '../support/e2e.ts'
import { createVisitor } from '../support/http.ts'
import { freePort } from '../support/ports.ts'
import { startPostern } from '../support/postern-process.ts'
import type { PosternEnv, PosternProcess } from '../support/postern-process.ts'

const LINK_FILE = 'first-run-link.txt'

test('the one-command start', { timeout: 120_000 }, async (t) => {
  const env = await trialEnv(t)
  const origin = `http://localhost:${env['POSTERN_LISTEN']?.split(':')[1]}`
  const first = await startTimed(t, 'first', env)
  const browser = await launchChromium(t, { hosts: {} })
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    // A test may type before the first frame, which is when the page would have focused a field.
    if (!message.text().startsWith('Autofocus processing')) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))

  await t.test('a link that only the operator can read makes the first administrator', async () => {
    const file = join(first.dataDir, LINK_FILE)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(first.dataDir).mode & 0o077, 0)
    const link = readFileSync(file, 'utf8').trim()
    assert.ok(link.startsWith(`${origin}/.postern/invite/`), link)
    assert.ok(first.logs().includes(file))
    assert.ok(!first.logs().includes(link.slice(link.lastIndexOf('/') + 1)))
    await page.goto(link)
    await fillFirstRun(page)
    await page.waitForURL(`${origin}/`)
    assert.ok(!existsSync(file))
    assert.equal((await page.request.get(link)).status(), 410)
  })

  await t.test('the demo app shows who is signed in, and only that of what a visitor sends', async () => {
    await page.setExtraHTTPHeaders({ 'remote-user': 'root', 'remote-groups': 'root' })
    await page.goto(`${origin}/admin/`)
    await page.setExtraHTTPHeaders({})
    await page.getByRole('heading', { name: 'Hello, anna' }).waitFor()
    assert.equal(await shownHeader(page, 'Remote-User'), 'anna')
    assert.equal(await shownHeader(page, 'Remote-Email'), 'anna@example.com')
    assert.equal(await shownHeader(page, 'Remote-Name'), 'Anna %C3%84.')
    assert.equal(await shownHeader(page, 'Remote-Groups'), 'postern-admin')
    assert.doesNotMatch(await page.locator('table').innerText(), /root|cookie/i)
  })

  await first.kill()
  const second = await startTimed(t, 'later', env)

  await t.test('after kill -9 the person and the session are still there, and no link is offered', async () => {
    await page.goto(`${origin}/wiki?a=1`)
    await page.getByRole('heading', { name: 'Hello, anna' }).waitFor()
    assert.ok(!existsSync(join(second.dataDir, LINK_FILE)))
    assert.doesNotMatch(second.logs(), /first administrator/)
  })

  await t.test('signing out closes the app, signing in opens the page that was asked for', async () => {
    await page.getByRole('link', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
    await page.goto(`${origin}/wiki?p=C:\\temp&q=100%`)
    await page.getByLabel('Login').fill('anna')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => url.href === `${origin}/wiki?p=C:\\temp&q=100%`)
    await page.getByRole('heading', { name: 'Hello, anna' }).waitFor()
  })

  assert.deepEqual(complaints, [])
  assert.equal(await second.stop(), 0)
})

test('an app of one’s own is served with nothing but its address', { timeout: 60_000 }, async (t) => {
  const app = await startEchoApp(t)
  const postern = await startPostern(t, { ...(await trialEnv(t)), POSTERN_UPSTREAM: `http://${app.address}` })
  const origin = `http://localhost:${postern.env['POSTERN_LISTEN']?.split(':')[1]}`
  const page = await (await launchChromium(t, { hosts: {} })).newPage()

  const { visit } = createVisitor(t)
  assert.equal((await visit(`${origin}/`)).status, 401)
  assert.equal((await visit(`${origin}/`, { headers: { accept: 'text/html' } })).status, 302)
  assert.equal(app.requests.length, 0)

  await page.goto(readFileSync(join(postern.dataDir, LINK_FILE), 'utf8').trim())
  await fillFirstRun(page)
  await page.waitForURL(`${origin}/`)
  await page.goto(`${origin}/wiki?p=C:\\temp&q=100%`)
  const { url, rawHeaders } = JSON.parse(await page.locator('body').innerText()) as EchoedRequest
  assert.equal(url, '/wiki?p=C:\\temp&q=100%')
  assert.deepEqual(headerValues(rawHeaders, 'remote-user'), ['anna'])
  assert.deepEqual(headerValues(rawHeaders, 'cookie'), [])
  await app.stop()
  assert.equal((await page.goto(`${origin}/wiki`))?.status(), 502)
  assert.equal(await postern.stop(), 0)
})

/** What has to be chosen for a test, since there may be another on this machine; nothing else is set. */
async function trialEnv(t: TestContext): Promise<PosternEnv> {
  const [portal, verify, ops] = await Promise.all([freePort(), freePort(), freePort()])
  return {
    POSTERN_LISTEN: `127.0.0.1:${portal}`,
    POSTERN_VERIFY_LISTEN: `127.0.0.1:${verify}`,
    POSTERN_OPS_LISTEN: `127.0.0.1:${ops}`,
    POSTERN_DATA_DIR: join(await temporaryDirectory(t), 'data'),
  }
}

async function startTimed(t: TestContext, which: string, env: PosternEnv): Promise<PosternProcess> {
  const startedAt = performance.now()
  const postern = await startPostern(t, env)
  t.diagnostic(`ready ${Math.round(performance.now() - startedAt)} ms after the ${which} start`)
  return postern
}

async function fillFirstRun(page: Page): Promise<void> {
  const values = { Login: 'anna', 'E-mail': 'anna@example.com', Name: 'Anna Ä.', Password: PASSWORD }
  for (const [label, value] of Object.entries(values)) await page.getByLabel(label, { exact: true }).fill(value)
  await page.getByRole('button', { name: 'Create the account' }).click()
}

function shownHeader(page: Page, name: string): Promise<string> {
  return page
    .locator('tr', { has: page.getByRole('rowheader', { name, exact: true }) })
    .locator('td')
    .innerText()
}
