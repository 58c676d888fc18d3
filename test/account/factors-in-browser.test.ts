import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { getUser } from '../../src/users/users.ts'
import { openTestApp, PASSWORD, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { launchChromium } from '../support/chromium.ts'
import { freePort } from '../support/ports.ts'
import { codeNow, keyOf } from './factor-visitor.ts'

/** A security key that is pressed by itself. */
const SECURITY_KEY = {
  protocol: 'ctap2',
  transport: 'usb',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const

suite('one’s own factors in a real browser', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  let origin: string
  let browser: Browser
  before(async () => {
    const port = await freePort()
    origin = `http://localhost:${port}`
    app = await openTestApp(cleanup, { env: { POSTERN_PUBLIC_URL: origin } })
    await app.portal.listen({ host: '127.0.0.1', port })
    browser = await launchChromium(cleanup as TestContext, { hosts: {} })
  })

  /** On the list of factors, by way of the sign-in page. */
  const atList = async (login: string, options: BrowserContextOptions = {}): Promise<Page> => {
    await app.addUser(login)
    const context = await browser.newContext({ viewport: { width: 360, height: 740 }, ...options })
    const page = await context.newPage()
    await page.goto(`${origin}/login`)
    await page.fill('[name=username]', login)
    await page.fill('[name=password]', PASSWORD)
    await page.click('button[type=submit]')
    await page.waitForURL(`${origin}/`)
    await page.goto(`${origin}/account/factors`)
    return page
  }
  const addTotp = async (page: Page): Promise<Buffer> => {
    await page.click('text=Add an authenticator app')
    const key = keyOf({ text: await page.content(), status: 200, location: null, policy: '' })
    await page.fill('#code', codeNow(key))
    await page.click('button:text-is("Add")')
    await page.waitForSelector('h2:text-is("Authenticator app")')
    return key
  }
  const ownedBy = async (login: string): Promise<readonly string[]> =>
    app.context.factors.ownedBy(app.database, (await getUser(app.database, login)).id)

  test('an authenticator app and recovery codes are added without JavaScript, up to signing in with the app', async () => {
    const page = await atList('alice', { javaScriptEnabled: false })
    const key = await addTotp(page)
    await page.click('text=Make recovery codes')
    assert.equal(await page.locator('.codes li').count(), 10)
    await page.click('text=I have kept them')
    await page.waitForSelector('text=You have 10 of 10')
    assert.deepEqual(await ownedBy('alice'), ['totp', 'recovery'])
    const { id } = await getUser(app.database, 'alice')
    assert.equal(await app.context.factors.proveTotp(app.database, id, codeNow(key, 1), Date.now()), true)
    await page.context().close()
  })

  test('a security key is added, renamed and removed; the same one is not added twice', async () => {
    const page = await atList('bob')
    const complaints: string[] = []
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    await devtools.send('WebAuthn.addVirtualAuthenticator', { options: SECURITY_KEY })
    const addKey = async (): Promise<void> => {
      await page.click('text=Add a security key or passkey')
      await page.click('button:text-is("Go on")')
    }
    await addKey()
    await page.waitForSelector('h2:text-is("Security key")')
    assert.deepEqual(await ownedBy('bob'), ['webauthn'])
    await addKey()
    await page.waitForSelector('#problem:visible')
    await page.click('text=Cancel')
    await page.click('main summary')
    await page.fill('[name=name]', 'Blue key')
    await page.click('button:text-is("Rename")')
    await page.waitForSelector('h2:text-is("Blue key")')
    await page.click('main summary')
    await page.click('button:text-is("Remove")')
    await page.waitForSelector('h2:text-is("Blue key")', { state: 'detached' })
    assert.deepEqual(await ownedBy('bob'), [])
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('whoever signed in long ago proves it again and comes back to the list', async () => {
    const page = await atList('dave')
    const { id: userId } = await getUser(app.database, 'dave')
    const about = { userId, sessionEpoch: 0, factors: { password: 1 }, address: null, userAgent: '' }
    const old = await app.database.transaction((tx) => app.context.sessions.start(tx, about))
    await page.context().addCookies([{ name: 'postern', value: old?.token ?? '', url: origin }])
    await page.reload()
    await page.click('text=Prove who you are')
    assert.equal(await page.inputValue('[name=username]'), 'dave')
    await page.fill('[name=password]', PASSWORD)
    await page.click('button[type=submit]')
    await page.waitForURL(`${origin}/account/factors`)
    const key = await addTotp(page)
    const half = await app.database.transaction((tx) =>
      app.context.sessions.start(tx, { ...about, factors: { password: Date.now() } }),
    )
    await page.context().addCookies([{ name: 'postern', value: half?.token ?? '', url: origin }])
    await page.reload()
    await page.click('text=Prove who you are')
    await page.fill('[autocomplete=one-time-code]', codeNow(key, 1))
    await page.click('button[type=submit]')
    await page.waitForURL(`${origin}/account/factors`)
    await page.waitForSelector('text=Add an authenticator app')
    await page.context().close()
  })

  test('a browser without JavaScript is told that keys need it, and adds none', async () => {
    const page = await atList('carol', { javaScriptEnabled: false })
    await page.click('text=Add a security key or passkey')
    await page.waitForSelector('noscript .alert')
    await page.click('button:text-is("Go on")')
    await page.waitForSelector('text=The key was not added')
    assert.deepEqual(await ownedBy('carol'), [])
    await page.context().close()
  })
})
