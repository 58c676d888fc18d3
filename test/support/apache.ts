import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaced, startProgram } from './proxy-process.ts'
import type { ProxySetup, StartProxy } from './proxy-process.ts'

const SCRIPT = join(import.meta.dirname, '../../proxies/apache/postern.lua')
const MODULES = '/usr/lib/apache2/modules'
const LOADED = [
  'mpm_event',
  'authz_core',
  'env',
  'setenvif',
  'alias',
  'headers',
  'ssl',
  'socache_shmcb',
  'proxy',
  'proxy_http',
  'lua',
]

/** Starts httpd with a snippet after what Debian's own configuration does, and the shipped script. */
export const startApache: StartProxy = async (t, setup) => {
  const file = join(setup.folder, 'httpd.conf')
  writeFileSync(file, `${base(setup)}\n${site(setup)}\n`)
  return startProgram(t, {
    command: 'apache2',
    args: ['-d', setup.folder, '-f', file, '-DFOREGROUND'],
    env: setup.secret === undefined ? {} : { POSTERN_PROXY_SECRET: setup.secret },
    port: setup.ports[0] ?? 0,
    logFile: join(setup.folder, 'error.log'),
  })
}

function base({ folder, ports }: ProxySetup): string {
  const asRoot = process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []
  return [
    ...LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
    ...asRoot,
    `PidFile ${folder}/httpd.pid`,
    `Mutex file:${folder} default`,
    `ErrorLog ${folder}/error.log`,
    'ServerName localhost',
    'StartServers 1',
    'ThreadsPerChild 16',
    'MaxRequestWorkers 16',
    'ServerLimit 1',
    ...ports.map((port) => `Listen 127.0.0.1:${port}`),
  ].join('\n')
}

function site({ snippet, certificatePath, keyPath, ports }: ProxySetup): string {
  const local = ports.reduce(
    (text, port) => replaced(text, `<VirtualHost *:${port}>`, `<VirtualHost 127.0.0.1:${port}>`),
    snippet,
  )
  return [
    ['/etc/ssl/postern/fullchain.pem', certificatePath],
    ['/etc/ssl/postern/privkey.pem', keyPath],
    ['/etc/apache2/postern.lua', SCRIPT],
  ].reduce((text, [from = '', to = '']) => replaced(text, from, to), local)
}
