// Draws every page of Postern into docs/screenshots: the real program with an organisation in it, on a phone and on a
// desk, in both colour schemes.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { ALL_LOOKS, showAs } from '../test/support/axe.ts'
import { launchChromium } from '../test/support/chromium.ts'
import { crawl } from '../test/support/crawl.ts'
import { startTestPostgres } from '../test/support/postgres.ts'
import { ADMIN, MEMBER, startSeededSite } from '../test/support/seeded-site.ts'
import type { SeededSite } from '../test/support/seeded-site.ts'
import { reduceColours } from './png-palette.ts'

interface Shot {
  readonly name: string
  readonly title: string
}

const FOLDER = join(import.meta.dirname, '../docs/screenshots')
/** What is longer is cut: the rest of a list says nothing new. */
const MOST_HEIGHT = 1_600
const SIGNED_OUT = { 'sign-in': '/.postern/login', 'signed-out': '/.postern/signed-out' }

await using opened = new AsyncDisposableStack()
const t = { after: (close: () => unknown) => opened.defer(async () => void (await close())) } as unknown as TestContext
const server = await startTestPostgres()
opened.defer(() => server.close())
process.env['POSTERN_TEST_POSTGRES'] = server.urlPrefix
process.env['POSTERN_TEST_FOLDER'] = server.folder
rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER, { recursive: true })
const site = await startSeededSite(t)
const browser = await launchChromium(t, { hosts: {} })
const shots = [
  ...(await drawSignedOut(await browser.newContext(), site)),
  ...(await drawAll(await browser.newContext(), site, { login: MEMBER, prefix: 'member-', most: 1 })),
  ...(await drawAll(await browser.newContext(), site, { login: ADMIN, prefix: '', most: Infinity })),
]
writeFileSync(join(FOLDER, 'README.md'), indexOf(shots))
process.stdout.write(`${shots.length} pages, ${shots.length * ALL_LOOKS.length} pictures\n`)

async function drawSignedOut(context: BrowserContext, { origin }: SeededSite): Promise<Shot[]> {
  const page = await context.newPage()
  const drawn: Shot[] = []
  for (const [name, path] of Object.entries(SIGNED_OUT)) {
    const reply = await page.goto(origin + path)
    if (reply?.status() === 200) drawn.push(await draw(page, name))
  }
  return drawn
}

async function drawAll(
  context: BrowserContext,
  { origin, signIn }: SeededSite,
  { login, prefix, most }: { readonly login: string; readonly prefix: string; readonly most: number },
): Promise<Shot[]> {
  await signIn(context, login)
  const page = await context.newPage()
  const drawn: Shot[] = []
  await crawl(page, {
    origin,
    from: '/.postern/',
    visit: async ({ kind, status }) => {
      if (status === 200 && drawn.length < most) drawn.push(await draw(page, prefix + nameOf(kind)))
    },
  })
  return drawn
}

function nameOf(kind: string): string {
  const name = kind
    .replace('/.postern/', '')
    .replaceAll('*', 'one')
    .replaceAll(/[^a-z0-9]+/g, '-')
  return name.replaceAll(/^-|-$/g, '') || 'home'
}

async function draw(page: Page, name: string): Promise<Shot> {
  for (const look of ALL_LOOKS) {
    await showAs(page, look)
    const height = await page.evaluate<number>('document.documentElement.scrollHeight')
    const clip = { x: 0, y: 0, width: look.width, height: Math.min(Math.max(height, 640), MOST_HEIGHT) }
    const png = await page.screenshot({ fullPage: true, clip })
    writeFileSync(join(FOLDER, fileOf(name, look)), reduceColours(png))
  }
  return { name, title: await page.title() }
}

function fileOf(name: string, { width, colorScheme }: (typeof ALL_LOOKS)[number]): string {
  return `${name}-${width}-${colorScheme}.png`
}

function indexOf(drawn: readonly Shot[]): string {
  const rows = drawn.map(({ name, title }) => {
    const links = ALL_LOOKS.map((look) => `[${look.width} ${look.colorScheme}](${fileOf(name, look)})`)
    return `| ${title.replaceAll('|', '\\|')} | ${links.join(' · ')} |`
  })
  return `# Screenshots

Every page of Postern at 360 and 1280 px, light and dark, drawn from the running program by \`npm run screenshots\`.
What is higher than ${MOST_HEIGHT} px is cut.

| Page | |
|---|---|
${rows.join('\n')}
`
}
