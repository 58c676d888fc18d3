import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { assets } from '../../src/web/assets.ts'
import { assetHeaders, portalHeaders } from '../../src/web/security-headers.ts'
import { SAMPLE_PAGES } from '../web/sample-pages.ts'
import type { Cleanup } from './directories.ts'

/** Every sample page under its name, with the headers that the portal gives pages. */
export interface SampleSite {
  readonly origin: string
  readonly posts: readonly IncomingMessage[]
}

/** The sign-in page asks at once what a passkey is to answer, and waits for one without a word. */
const PASSKEY_QUESTION = JSON.stringify({ challenge: 'AAAA', rpId: 'localhost', userVerification: 'required' })

/** Serves them until the test ends. */
export async function startSampleSite(t: Cleanup): Promise<SampleSite> {
  const posts: IncomingMessage[] = []
  const server = createServer((request, response) => {
    if (request.method === 'POST') posts.push(request)
    serve(request.url ?? '', response)
  })
  t.after(async () => server.close().closeAllConnections())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, posts }
}

function serve(path: string, response: ServerResponse): void {
  const asset = assets().find(({ name }) => path === `/.postern/assets/${name}`)
  const page = SAMPLE_PAGES[path.slice(1)]
  if (path.endsWith('/passkey/options')) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(PASSKEY_QUESTION)
  } else if (asset !== undefined) {
    response.writeHead(200, { ...assetHeaders(false), 'content-type': asset.contentType }).end(asset.body)
  } else {
    const scripted = page?.includes('<script') ?? false
    const headers = { ...portalHeaders({ secure: false, scripted }), 'content-type': 'text/html; charset=utf-8' }
    response.writeHead(page === undefined && path !== '/.postern/login' ? 404 : 200, headers).end(page)
  }
}
