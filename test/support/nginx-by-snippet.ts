import { chmodSync, cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaced, startProgram } from './proxy-process.ts'
import type { StartProxy } from './proxy-process.ts'

const SHIPPED = join(import.meta.dirname, '../../nginx')

/** Starts the shipped nginx with a snippet in the place of its `site.conf`. */
export const startNginxBySnippet: StartProxy = async (t, setup) => {
  const { folder, ports, secret } = setup
  chmodSync(folder, 0o755)
  cpSync(SHIPPED, folder, { recursive: true })
  const local = ports.reduce(
    (text, port) => replaced(text, `listen ${port} `, `listen 127.0.0.1:${port} `),
    setup.snippet,
  )
  const listening = ports.reduce((text, port) => text.replaceAll(`listen ${port};`, `listen 127.0.0.1:${port};`), local)
  const certified = replaced(
    replaced(listening, '/etc/ssl/postern/fullchain.pem', setup.certificatePath),
    '/etc/ssl/postern/privkey.pem',
    setup.keyPath,
  )
  const line = '# proxy_set_header X-Postern-Secret "change-me"'
  const site =
    secret === undefined ? certified : replaced(certified, line, `proxy_set_header X-Postern-Secret "${secret}"`)
  writeFileSync(join(folder, 'site.conf'), site)
  const directives = process.getuid?.() === 0 ? 'daemon off; user root;' : 'daemon off;'
  return startProgram(t, {
    command: 'nginx',
    args: ['-p', folder, '-c', 'nginx.conf', '-g', directives],
    port: ports[0] ?? 0,
  })
}
