import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { assets } from '../../src/web/assets.ts'
import type { Asset } from '../../src/web/assets.ts'
import { frameIn } from '../../src/web/look.ts'
import { openLook } from '../../src/web/open-look.ts'
import { assetHeaders, portalHeaders } from '../../src/web/security-headers.ts'
import { openTestApp } from '../support/app.ts'
import { launchChromium } from '../support/chromium.ts'
import { IS_LONG } from '../support/long.ts'
import { freePort } from '../support/ports.ts'
import { OVERFLOW, TEXT_CONTRASTS } from '../web/in-page.ts'
import { samplePages } from '../web/sample-pages.ts'

const BASE = '/.postern/assets'
/** Whoever opens it, nothing of it may run or load; the rectangle may be seen. */
const HOSTILE_SVG = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9" onload="pwn()">
  <script>function pwn() { document.documentElement.setAttribute('data-pwned', ''); fetch('/stolen') } pwn()</script>
  <style>@import url(/stolen-style); rect { fill: #123456 }</style>
  <image href="/stolen-image" onerror="pwn()" width="1" height="1"/>
  <foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="javascript:parent.pwn()"></iframe></foreignObject>
  <a xlink:href="javascript:pwn()"><rect width="9" height="9"/></a>
</svg>`

const LOOKS = [
  ['#ffee00', 'light'],
  ['#2b0057', 'dark'],
] as const

for (const [brandAccent, colorScheme] of LOOKS) {
  test(
    `every page in German fits 360 px and can be read, with the accent ${brandAccent} in ${colorScheme}`,
    { skip: !IS_LONG && 'in the long suites' },
    async (t) => {
      const settings = { language: 'de', languagesDir: null, brandLogo: null, brandAccent }
      const look = openLook({ ...settings, brandName: 'Donaudampfschifffahrtsgesellschaft München' })
      const links = look.languages.all.map(({ tag, endonym: name }) => ({ tag, name, href: `?lang=${tag}` }))
      const frame = frameIn(look, look.languages.choose('de', undefined), { assetBase: BASE, languageLinks: links })
      const pages = samplePages(frame)
      const origin = await serve(t, pages, [...assets(), ...(look.style === null ? [] : [look.style])])
      const browser = await launchChromium(t, { hosts: {} })
      const page = await browser.newPage({
        colorScheme,
        reducedMotion: 'reduce',
        viewport: { width: 360, height: 740 },
      })
      for (const name of Object.keys(pages)) {
        await page.goto(`${origin}/${name}`)
        assert.equal(await page.evaluate(OVERFLOW), 0, `${name} is too wide`)
        assert.equal(await page.locator('html').getAttribute('lang'), 'de')
        for (const [text, ratio] of await page.evaluate<[string, number][]>(TEXT_CONTRASTS))
          assert.ok(ratio >= 4.5, `${name}: ${text} has ${ratio}`)
      }
    },
  )
}

test('CSRF-10: a hostile SVG as the mark runs nothing and loads nothing, on a page and by its own address', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-logo-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'logo.svg'), HOSTILE_SVG)
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const env = { POSTERN_PUBLIC_URL: origin, POSTERN_BRAND_LOGO: join(folder, 'logo.svg') }
  const app = await openTestApp(t, { env })
  await app.portal.listen({ host: '127.0.0.1', port })
  const browser = await launchChromium(t, { hosts: {} })
  const page = await browser.newPage()
  const answered: string[] = []
  page.on('response', (response) => void answered.push(response.url()))
  await page.goto(`${origin}/login`)
  const mark = (await page.locator('header img').getAttribute('src')) ?? ''
  assert.match(mark, /^\/assets\/logo-[0-9a-f]{12}\.svg$/)
  const shown = await page.evaluate(`document.querySelector('header img').naturalWidth > 0`)
  assert.equal(shown, true)
  const reply = await page.goto(`${origin}${mark}`, { waitUntil: 'networkidle' })
  assert.equal(reply?.headers()['content-security-policy'], "default-src 'none'; style-src 'unsafe-inline'; sandbox")
  assert.equal(reply?.headers()['x-content-type-options'], 'nosniff')
  assert.equal(await page.locator('svg[data-pwned]').count(), 0)
  await page.locator('rect').click()
  assert.equal(await page.locator('svg[data-pwned]').count(), 0)
  assert.deepEqual(
    answered.filter((address) => address.includes('stolen')),
    [],
  )
})

async function serve(
  t: TestContext,
  pages: Readonly<Record<string, string>>,
  files: readonly Asset[],
): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    const asset = files.find(({ name }) => url === `${BASE}/${name}`)
    const page = pages[url.slice(1)]
    const headers = portalHeaders({ secure: false, scripted: true })
    if (asset !== undefined) {
      response.writeHead(200, { ...assetHeaders(false), 'content-type': asset.contentType }).end(asset.body)
    } else if (page === undefined) response.writeHead(404).end()
    else response.writeHead(200, { ...headers, 'content-type': 'text/html; charset=utf-8' }).end(page)
  })
  t.after(() => server.close().closeAllConnections())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://localhost:${(server.address() as AddressInfo).port}`
}
