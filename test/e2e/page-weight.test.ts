import assert from 'node:assert/strict'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import test from 'node:test'
import { buffer } from 'node:stream/consumers'
import { once } from 'node:events'
import { launchChromium } from '../support/chromium.ts'
import { crawl } from '../support/crawl.ts'
import { ADMIN, startSeededSite } from '../support/seeded-site.ts'

const MOST_BYTES = 60_000
const LOADED = /(?:<link [^>]*rel="stylesheet" href|<(?:img|script) [^>]*src)="([^"]+)"/g

test('a page with all it loads weighs at most 60 kB', { timeout: 180_000 }, async (t) => {
  const site = await startSeededSite(t)
  const context = await (await launchChromium(t, { hosts: {} })).newContext()
  await site.signIn(context, ADMIN)
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
  const weights = new Map<string, number>()

  await crawl(await context.newPage(), {
    origin: site.origin,
    from: '/.postern/',
    visit: async ({ path }) => {
      const { body } = await get(site.origin + path, cookie)
      const loaded = new Set([...body.toString().matchAll(LOADED)].map(([, address = '']) => address))
      let bytes = body.length
      for (const address of loaded) bytes += (await get(site.origin + address, cookie)).body.length
      weights.set(path, bytes)
    },
  })

  const [heaviest = ['', 0]] = [...weights].toSorted(([, a], [, b]) => b - a)
  t.diagnostic(`${weights.size} pages; the heaviest is ${heaviest[0]} with ${heaviest[1]} bytes`)
  for (const [path, bytes] of weights) assert.ok(bytes <= MOST_BYTES, `${path}: ${bytes}`)
})

test('what pages load comes compressed and may be kept for ever; pages, which hold tokens, come as they are', async (t) => {
  const { origin } = await startSeededSite(t)
  const page = await get(`${origin}/.postern/login`, '')
  const [, style = ''] = /rel="stylesheet" href="([^"]+)"/.exec(page.body.toString()) ?? []
  assert.equal(page.headers['content-encoding'], undefined)
  const { headers } = await get(origin + style, '')
  assert.equal(headers['content-encoding'], 'br')
  assert.equal(headers.vary, 'accept-encoding')
  assert.match(headers['cache-control'] ?? '', /immutable/)
})

async function get(
  address: string,
  cookie: string,
): Promise<{ readonly headers: IncomingMessage['headers']; readonly body: Buffer }> {
  const asked = request(address, { headers: { cookie, accept: 'text/html,*/*', 'accept-encoding': 'gzip, br' } })
  asked.end()
  const [reply] = (await once(asked, 'response')) as [IncomingMessage]
  return { headers: reply.headers, body: await buffer(reply) }
}
