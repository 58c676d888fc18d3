import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { launchChromium } from '../support/chromium.ts'
import { headerValues } from '../support/echo-app.ts'
import type { EchoedRequest } from '../support/echo-app.ts'
import { ALICE, PASSWORD, policyOf, startSite } from '../support/e2e.ts'

/** Rules that differ, so that nothing passes merely because every path is judged alike. */
const RULES = ['{ path: [/Reports/**, /rapport/caf%C3%A9/**], require: { role: [staff, admin] } }']

/** What people link to, as they write it into a page. */
const LINKS = [
  '/files/Annual Report 2025.pdf',
  '/files/100%25 wool.html',
  '/wiki/Zürich/Straße',
  '/wiki/日本語/😀',
  "/a/it's (1) [2] {3} $4 & 5 + 6 = 7, 8; 9: @10 !~*",
  '/a/b|c^d`e"f<g>h',
  '/c++/c%23/',
  '/Reports/Q1/Sales.XLSX',
  '/rapport/café/x',
  '/a\\b\\c',
  '/a/./b/../c',
  '/a//b///c',
  '/group%2Fproject/tree',
  '/legacy;jsessionid=1A2B?x=1',
  '/index.php/Main_Page',
  '/.well-known/x',
  '/x?q=C:\\temp&p=100%&t=a%0D%0Ab&n=%E4',
  '/x?q="quoted" <b> `tick` ^ {} | é #fragment',
  '/x?return=https://app.example.com/a/../b%2F',
  `/long/${'abc-DEF_123.'.repeat(300)}?${'k=v&'.repeat(1000)}`,
]

test('what a browser sends passes', { timeout: 120_000 }, async (t) => {
  const site = await startSite(t, { verify: 'unix' })
  await site.applyPolicy(policyOf(site.origin, RULES))
  const browser = await launchChromium(t, { hosts: site.hosts })
  const page = await (await browser.newContext()).newPage()
  const echoed = async (): Promise<EchoedRequest> => JSON.parse(await page.locator('body').innerText()) as EchoedRequest

  await t.test('after a sign-in that leads to exactly the page that was asked for', async () => {
    const deep = '/Reports/Q1 2025/Ümlaut%2Fx;v=1/?q=C:\\temp&p=100%&t=a%0D%0Ab&n=%E4'
    await page.goto(site.origin + deep)
    const asked = new URL(site.origin + deep).href
    await signIn(page, asked)
    const { url, rawHeaders } = await echoed()
    assert.deepEqual([site.origin + url, headerValues(rawHeaders, 'remote-user').join()], [asked, ALICE.login])
  })

  for (const link of LINKS) {
    await t.test(`as a link: ${link.slice(0, 60)}`, async () => {
      await page.goto(`${site.origin}/public/`)
      await follow(page, link)
      const { method, url, rawHeaders } = await echoed()
      assert.equal(headerValues(rawHeaders, 'remote-user').join(), ALICE.login)
      assert.deepEqual([method, site.origin + url], ['GET', page.url().replace(/#.*$/, '')])
    })
  }

  await t.test('as a form with line breaks, in UTF-8 and in ISO 8859-1', async () => {
    for (const charset of ['UTF-8', 'ISO-8859-1']) {
      await page.goto(`${site.origin}/public/`)
      await submitForm(page, charset)
      assert.match((await echoed()).url, /^\/search\?text=one%0D%0Atwo\+%2B\+100%25\+%5C\+%[CE]/)
    }
  })

  await t.test('as a fetch of every method', async () => {
    await page.goto(`${site.origin}/public/`)
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
    const script = `Promise.all(${JSON.stringify(methods)}.map((method) => fetch('/api/Ü/a b', { method })
      .then(({ status }) => status)))`
    assert.deepEqual(
      await page.evaluate(script),
      methods.map(() => 200),
    )
  })
})

async function signIn(page: Page, reached: string): Promise<void> {
  await page.getByLabel('Login').fill(ALICE.login)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL((url) => url.href === reached)
}

async function follow(page: Page, href: string): Promise<void> {
  const script = `{ const link = document.createElement('a'); link.href = ${JSON.stringify(href)}
    link.textContent = 'go'; document.body.replaceChildren(link) }`
  await page.evaluate(script)
  await Promise.all([page.waitForEvent('load'), page.getByRole('link').click()])
}

async function submitForm(page: Page, charset: string): Promise<void> {
  const script = `{ const form = document.createElement('form'); form.action = '/search'
    form.acceptCharset = ${JSON.stringify(charset)}
    const text = document.createElement('textarea'); text.name = 'text'; text.value = 'one\\ntwo + 100% \\\\ ä'
    const button = document.createElement('button'); button.textContent = 'Search'
    form.append(text, button); document.body.replaceChildren(form) }`
  await page.evaluate(script)
  await Promise.all([page.waitForURL('**/search?**'), page.getByRole('button').click()])
}
