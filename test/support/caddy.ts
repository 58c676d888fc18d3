import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaced, startProgram } from './proxy-process.ts'
import type { StartProxy } from './proxy-process.ts'

/** Neither certificates from outside nor an address for administration. */
const GLOBAL = '{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}\n'

/** Starts Caddy with a snippet as its Caddyfile. */
export const startCaddy: StartProxy = async (t, { folder, snippet, ports, certificatePath, keyPath, secret }) => {
  const file = join(folder, 'Caddyfile')
  const line = '# tls /etc/ssl/postern/fullchain.pem /etc/ssl/postern/privkey.pem'
  writeFileSync(file, GLOBAL + replaced(snippet, line, `tls ${certificatePath} ${keyPath}`))
  return startProgram(t, {
    command: 'caddy',
    args: ['run', '--config', file, '--adapter', 'caddyfile'],
    env: {
      HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CONFIG_HOME: folder,
      ...(secret !== undefined && { POSTERN_PROXY_SECRET: secret }),
    },
    port: ports[0] ?? 0,
  })
}
