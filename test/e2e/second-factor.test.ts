import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Browser, BrowserContextOptions, CDPSession, Page } from 'playwright-core'
import { PLAIN_LOOK } from '../../src/web/look.ts'
import { createProxy } from '../../src/verify/proxy.ts'
import { openUpstream } from '../../src/verify/upstream.ts'
import { addAuthenticator, addRecoveryCodes } from '../login/own-factors.ts'
import { openTestApp, PASSWORD, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { launchChromium } from '../support/chromium.ts'
import { headerValues, startEchoApp } from '../support/echo-app.ts'
import type { EchoApp, EchoedRequest } from '../support/echo-app.ts'
import { freePort } from '../support/ports.ts'

/** Pressed by itself; with a PIN that is always right. */
const PASSKEY = {
  protocol: 'ctap2',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const
/** Without PIN: presence is all that it can tell. */
const SECURITY_KEY = {
  protocol: 'u2f',
  transport: 'usb',
  hasResidentKey: false,
  hasUserVerification: false,
  automaticPresenceSimulation: true,
} as const

const SAFE = '/safe/x?y=1&z=%C3%84'

interface Visit {
  readonly page: Page
  readonly devtools: CDPSession
  /** Violations of the page's policy, and scripts that fail. */
  readonly complaints: readonly string[]
}

suite('a second factor in a real browser, in front of a real app', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  let echo: EchoApp
  let origin: string
  let browser: Browser
  let count = 0
  before(async () => {
    const port = await freePort()
    origin = `http://localhost:${port}`
    echo = await startEchoApp(cleanup)
    app = await openTestApp(cleanup, {
      policy: policyFor(port),
      env: { POSTERN_PUBLIC_URL: `${origin}/.postern`, POSTERN_RATE_LIMITS: 'off' },
      proxy: ({ gatewayParts, portalParts, config, log }) => {
        const upstream = openUpstream(new URL(`http://${echo.address}`))
        cleanup.after(() => upstream.close())
        const { listen, trustedProxies, cookies } = portalParts
        const about = { listen, publicUrl: config.publicUrl, trustedProxies, ourCookies: Object.values(cookies.names) }
        return createProxy({ ...gatewayParts, look: PLAIN_LOOK, log, upstream, ...about })
      },
    })
    await app.portal.listen({ host: '127.0.0.1', port })
    browser = await launchChromium(cleanup as TestContext, { hosts: {} })
  })

  test('the code of an app signs in without JavaScript, at 360 px', async () => {
    const login = await somebody()
    const authenticator = await addAuthenticator(app, login)
    const { page, complaints } = await open({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } })
    await page.goto(`${origin}/a?b=c`)
    await givePassword(page, login)
    await page.getByLabel('Code', { exact: true }).fill(authenticator.code())
    await page.getByRole('button', { name: 'Continue' }).click()
    await reach(page, `${origin}/a?b=c`)
    assert.equal(await whoIs(page), login)
    assert.deepEqual(complaints, [])
  })

  test('a rule that asks for two factors steps up with a code, and comes back to exactly the page', async () => {
    const login = await somebody()
    const { page, complaints } = await open()
    await page.goto(`${origin}/`)
    await givePassword(page, login)
    await reach(page, `${origin}/`)
    const authenticator = await addAuthenticator(app, login)
    await page.goto(origin + SAFE)
    await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor()
    await page.getByLabel('Code', { exact: true }).fill('000000')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('alert').filter({ hasText: 'That was not accepted' }).waitFor()
    await page.getByLabel('Code', { exact: true }).fill(authenticator.code())
    await page.getByRole('button', { name: 'Continue' }).click()
    await reach(page, origin + SAFE)
    assert.equal(await whoIs(page), login)
    assert.deepEqual(complaints, [])
  })

  test('a recovery code is a link away, and works once', async () => {
    const login = await somebody()
    await addAuthenticator(app, login)
    const [code = ''] = await addRecoveryCodes(app, login)
    const { page, complaints } = await open({ javaScriptEnabled: false })
    for (const expected of ['in', 'refused']) {
      await page.goto(`${origin}/.postern/login`)
      await givePassword(page, login)
      await page.getByRole('link', { name: 'Use a recovery code instead' }).click()
      await page.getByLabel('Recovery code').fill(code.toLowerCase())
      await page.getByRole('button', { name: 'Continue' }).click()
      if (expected === 'in') await page.getByRole('heading', { name: 'Your apps' }).waitFor()
      else await page.getByRole('alert').waitFor()
      await page.context().clearCookies()
    }
    assert.deepEqual(complaints, [])
  })

  test('a security key is the second factor, trusts a device, and steps up where a rule wants more than that', async () => {
    const login = await somebody()
    const { page, devtools, complaints } = await open()
    await page.goto(`${origin}/.postern/login`)
    await givePassword(page, login)
    await addKey(page, devtools, SECURITY_KEY)
    await page.context().clearCookies()
    await page.goto(`${origin}/a`)
    await givePassword(page, login)
    await page.getByRole('heading', { name: 'Second factor' }).waitFor()
    await page.getByLabel('Trust this device').check()
    await page.getByRole('button', { name: 'Use passkey or security key' }).click()
    await reach(page, `${origin}/a`)
    await page.goto(origin + SAFE)
    assert.equal(await whoIs(page), login)
    await page.goto(`${origin}/.postern/logout`)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
    await page.goto(`${origin}/a`)
    await givePassword(page, login)
    await reach(page, `${origin}/a`)
    await page.goto(origin + SAFE)
    await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor()
    await page.getByRole('button', { name: 'Use passkey or security key' }).click()
    await reach(page, origin + SAFE)
    assert.equal(await whoIs(page), login)
    assert.deepEqual(complaints, [])
  })

  test('a passkey alone signs in, and is both factors since it makes sure who holds it', async () => {
    const login = await somebody()
    const { page, devtools, complaints } = await open()
    await page.goto(`${origin}/.postern/login`)
    await givePassword(page, login)
    await addKey(page, devtools, PASSKEY)
    await page.context().clearCookies()
    // The browser offers it in the login field at once, and this authenticator takes every offer.
    await page.goto(`${origin}/.postern/start?rd=${encodeURIComponent(SAFE)}`, { waitUntil: 'commit' })
    await reach(page, origin + SAFE)
    assert.equal(await whoIs(page), login)
    await page.context().clearCookies()
    await page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false')
    await page.goto(`${origin}/a`)
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await reach(page, `${origin}/a`)
    assert.equal(await whoIs(page), login)
    assert.deepEqual(complaints, [])
  })

  test('WAN-05: a passkey that does not make sure who holds it signs nobody in alone', async () => {
    const login = await somebody()
    const { page, devtools } = await open()
    await page.goto(`${origin}/.postern/login`)
    await givePassword(page, login)
    const key = await addKey(page, devtools, PASSKEY)
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId: key, isUserVerified: false })
    await page.context().clearCookies()
    await page.goto(`${origin}/.postern/login`)
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByText('No passkey was accepted').waitFor()
  })

  async function somebody(): Promise<string> {
    const login = `person${++count}`
    await app.addUser(login)
    return login
  }

  async function open(options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await browser.newContext(options)
    cleanup.after(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 40[13]/.test(message.text())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    const devtools = await context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    return { page, devtools, complaints }
  }

  async function givePassword(page: Page, login: string): Promise<void> {
    await page.getByLabel('Login').fill(login)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  }

  /** On the account pages, as its owner does it. */
  async function addKey(
    page: Page,
    devtools: CDPSession,
    options: typeof PASSKEY | typeof SECURITY_KEY,
  ): Promise<string> {
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', { options })
    await page.goto(`${origin}/.postern/account/factors`)
    await page.getByText('Add a security key or passkey').click()
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('heading', { name: 'Security key', exact: true }).waitFor()
    return authenticatorId
  }

  async function reach(page: Page, url: string): Promise<void> {
    await page.waitForURL((reached) => reached.href === url)
  }

  /** Whom the app was told of. */
  async function whoIs(page: Page): Promise<string> {
    const { rawHeaders } = JSON.parse(await page.locator('body').innerText()) as EchoedRequest
    return headerValues(rawHeaders, 'remote-user').join()
  }
})

function policyFor(port: number): string {
  return [
    'version: 1',
    'apps:',
    '  - name: app',
    '    hosts: [localhost]',
    '    scheme: http',
    `    port: ${port}`,
    '    rules:',
    '      - { path: /safe/**, require: { factors: 2 } }',
    '      - { require: {} }',
    '',
  ].join('\n')
}
