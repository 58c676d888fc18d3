import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

/**
 * A small app that knows nothing of authentication and shows the headers it was sent, to see what Postern tells an
 * app. Listens on a free loopback port.
 */
export async function startDemoApp(): Promise<{ url: URL; server: Server }> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the demo app has no port')
  return { url: new URL(`http://127.0.0.1:${address.port}`), server }
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const pathname = (request.url ?? '/').split('?', 1).join('')
  const rows = identityFirst(pairs(request.rawHeaders))
    .filter(([name]) => name.toLowerCase() !== 'cookie')
    .map(([name, value]) => `<tr><th scope="row">${escape(name)}</th><td>${escape(value)}</td></tr>`)
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
  response.end(page({ who: request.headers['remote-user']?.toString() ?? '', pathname, rows: rows.join('\n') }))
}

function page({ who, pathname, rows }: { who: string; pathname: string; rows: string }): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Demo app</title><style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 44rem; margin: 0 auto; padding: 2rem 1rem }
nav a { display: inline-block; padding: .5rem .75rem .5rem 0 }
table { width: 100%; border-collapse: collapse; margin-top: 1.5rem }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-top: 1px solid #8886; overflow-wrap: anywhere }
th { font-weight: 600; width: 13rem }
caption { padding: .5rem 0; text-align: left; font-weight: 600 }
@media (max-width: 30rem) { th, td { display: block; width: auto } td { border: 0; padding-top: 0 } }
</style></head><body>
<h1>${who === '' ? 'Hello, whoever you are' : `Hello, ${escape(who)}`}</h1>
<p>This app has no sign-in of its own. Postern stands in front of it and tells it who you are.
You are on <code>${escape(pathname)}</code>.</p>
<nav><a href="/">Signed in</a> <a href="/public/">Public</a> <a href="/admin/">Administrators</a> <a href="/.postern/logout">Sign out</a></nav>
<table><caption>Headers that this app was sent</caption>${rows}</table>
</body></html>`
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as [string, string]] : []))
}

function identityFirst(headers: readonly [string, string][]): [string, string][] {
  const isIdentity = ([name]: [string, string]): boolean => name.toLowerCase().startsWith('remote-')
  return [...headers.filter(isIdentity), ...headers.filter((header) => !isIdentity(header))]
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
