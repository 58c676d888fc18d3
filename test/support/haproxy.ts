import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaced, startProgram } from './proxy-process.ts'
import type { StartProxy } from './proxy-process.ts'

const SCRIPT = join(import.meta.dirname, '../../proxies/haproxy/postern.lua')

/** Starts HAProxy with a snippet as its configuration and the shipped script. */
export const startHaproxy: StartProxy = async (t, { folder, snippet, ports, certificatePath, keyPath, secret }) => {
  const both = join(folder, 'both.pem')
  writeFileSync(both, readFileSync(certificatePath, 'utf8') + readFileSync(keyPath, 'utf8'))
  const local = ports.reduce((text, port) => replaced(text, `bind :${port}`, `bind 127.0.0.1:${port}`), snippet)
  const certified = replaced(local, '/etc/ssl/postern/fullchain-and-key.pem', both)
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(file, `${replaced(certified, '/etc/haproxy/postern.lua', SCRIPT)}\n`)
  return startProgram(t, {
    command: 'haproxy',
    args: ['-db', '-f', file],
    env: secret === undefined ? {} : { POSTERN_PROXY_SECRET: secret },
    port: ports[0] ?? 0,
  })
}
