import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'

/** A page with all it loads. */
export const MOST_BYTES = 60_000
const LOADED = /(?:<link [^>]*rel="stylesheet" href|<(?:img|script) [^>]*src)="([^"]+)"/g

/** What a page and all it loads weigh, as they come to a browser that has none of it. */
export async function weightOf(origin: string, path: string, cookie: string): Promise<number> {
  const { body } = await get(origin + path, cookie)
  const loaded = new Set([...body.toString().matchAll(LOADED)].map(([, address = '']) => address))
  let bytes = body.length
  for (const address of loaded) bytes += (await get(origin + address, cookie)).body.length
  return bytes
}

/** Asks as a browser does that takes what is compressed, and gives what came as it came. */
export async function get(
  address: string,
  cookie: string,
): Promise<{ readonly headers: IncomingMessage['headers']; readonly body: Buffer }> {
  const asked = request(address, { headers: { cookie, accept: 'text/html,*/*', 'accept-encoding': 'gzip, br' } })
  asked.end()
  const [reply] = (await once(asked, 'response')) as [IncomingMessage]
  return { headers: reply.headers, body: await buffer(reply) }
}
