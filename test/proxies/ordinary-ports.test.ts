import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import { SNIPPETS } from '../../src/snippets/snippets.ts'
import { siteWith, WIKI } from '../snippets/sample.ts'
import { freePort } from '../support/ports.ts'
import { createCertificate } from '../support/tls.ts'
import { ownFolder } from './world.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')

/** Apps of every shape: wildcards, two schemes, ports of their own, an upstream with TLS. */
const SITE = siteWith(
  WIKI,
  { ...WIKI, name: 'side.app', port: 8443, hosts: ['*.side.example.com', 'x.example.com'] },
  { ...WIKI, name: 'plain', scheme: 'http', port: 80, own: [], hosts: ['plain.example.com'] },
  {
    ...WIKI,
    name: 'far-away',
    upstream: { scheme: 'https', host: 'localhost', port: 1443 },
    hosts: ['far.example.com'],
  },
)
const APACHE_MODULES = [
  'mpm_event',
  'authz_core',
  'setenvif',
  'alias',
  'headers',
  'ssl',
  'socache_shmcb',
  'proxy',
  'proxy_http',
  'lua',
]

interface Checked {
  readonly name: string
  /** Writes what the proxy reads into the folder, and gives the command that checks it. */
  readonly prepare: (folder: string, text: string) => Promise<readonly [command: string, ...args: string[]]>
}

const CHECKS: readonly Checked[] = [
  {
    name: 'nginx',
    async prepare(folder, text) {
      cpSync(join(ROOT, 'nginx'), folder, { recursive: true })
      // Even a check opens the ports.
      const ports = new Map<string, number>()
      for (const port of ['443', '80', '8443']) ports.set(port, await freePort())
      writeFileSync(
        join(folder, 'site.conf'),
        text.replace(/listen (\d+)/g, (_, port: string) => `listen 127.0.0.1:${ports.get(port)}`),
      )
      return ['nginx', '-t', '-p', folder, '-c', 'nginx.conf']
    },
  },
  {
    name: 'caddy',
    async prepare(folder, text) {
      writeFileSync(join(folder, 'Caddyfile'), text)
      return ['caddy', 'validate', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile']
    },
  },
  {
    name: 'haproxy',
    async prepare(folder, text) {
      const both =
        readFileSync(join(folder, 'fullchain.pem'), 'utf8') + readFileSync(join(folder, 'privkey.pem'), 'utf8')
      writeFileSync(join(folder, 'fullchain-and-key.pem'), both)
      writeFileSync(join(folder, 'haproxy.cfg'), `${text}\n`)
      return ['haproxy', '-c', '-f', join(folder, 'haproxy.cfg')]
    },
  },
  {
    name: 'apache',
    async prepare(folder, text) {
      const modules = APACHE_MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
      const listen = ['443', '80', '8443'].map((port) => `Listen ${port}`)
      const base = [...modules, ...listen, 'ServerName localhost', `ErrorLog ${folder}/error.log`]
      writeFileSync(join(folder, 'httpd.conf'), `${base.join('\n')}\n${text}\n`)
      return ['apache2', '-t', '-d', folder, '-f', join(folder, 'httpd.conf')]
    },
  },
]

suite('what is printed for ordinary ports', () => {
  for (const { name, prepare } of CHECKS) {
    test(`is taken by ${name} as it is, but for the places of certificates and scripts`, async (t) => {
      const folder = await ownFolder(t)
      await createCertificate(folder, ['wiki.example.com'])
      const text = (SNIPPETS[name]?.write(SITE) ?? '')
        .replaceAll('/etc/ssl/postern/', `${folder}/`)
        .replaceAll(/\/etc\/(haproxy|apache2)\/postern\.lua/g, (_, proxy: string) =>
          join(ROOT, 'proxies', proxy.replace('2', ''), 'postern.lua'),
        )
      const [command, ...args] = await prepare(folder, text)
      const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin`, HOME: folder }
      const { stdout, stderr } = await run(command, args, { env })
      assert.doesNotMatch(stdout + stderr, /\b(?:emerg|ALERT|conflicting|duplicate)\b|\[warn\]|WARNING/)
    })
  }
})
