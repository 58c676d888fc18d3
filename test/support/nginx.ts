import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { freePort } from './ports.ts'
import { startProgram } from './proxy-process.ts'
import type { RealProxy } from './proxy-process.ts'
import { createCertificate, type Certificate } from './tls.ts'

/** What a site's operator would write into `nginx/site.conf` or the other example. Addresses as nginx takes them: `127.0.0.1:1`, `unix:/x`. */
export interface Site {
  readonly verify: string
  readonly portal: string
  readonly app: string
  /** Name in the policy and in the verify URL; `app` unless given. */
  readonly appName?: string
  /** The protected host; `app.example.com` unless given. */
  readonly host?: string
  readonly secret?: string
  /** The shipped example that is filled in; `site.conf` unless given. */
  readonly example?: 'site.conf' | 'site-own-host.conf'
  /** Further changes to the text of the example. */
  readonly edit?: (siteConf: string) => string
}

export interface Nginx {
  readonly host: string
  /** TLS port of the protected host, and the plain one that redirects to it. */
  readonly httpsPort: number
  readonly httpPort: number
  /** The master process, whose CPU time does not include its workers'. */
  readonly pid: number
  readonly accessLog: () => string
  readonly errorLog: () => string
  /** What `nginx -t` says of the configuration, warnings too. */
  readonly judge: () => string
  readonly stop: () => Promise<void>
}

const SHIPPED = join(import.meta.dirname, '../../nginx')

/**
 * Starts the shipped configuration with only `site.conf` changed, in a temporary folder, on free ports.
 * @throws Error with nginx's own words when it does not start
 */
export async function startNginx(t: TestContext, site: Site): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-nginx-'))
  let nginx: RealProxy | null = null
  t.after(async () => {
    await nginx?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  // Started by root, its workers still have to come through.
  chmodSync(folder, 0o755)
  cpSync(SHIPPED, folder, { recursive: true })
  const host = site.host ?? 'app.example.com'
  const httpsPort = await freePort()
  const ports = { httpsPort, httpPort: await freePort(httpsPort) }
  writeFileSync(join(folder, 'site.conf'), siteConf({ ...site, host }, ports, await createCertificate(folder, [host])))
  const directives = process.getuid?.() === 0 ? 'daemon off; user root;' : 'daemon off;'
  const args = ['-p', folder, '-c', 'nginx.conf', '-g', directives]
  const master = await startProgram(t, { command: 'nginx', args, port: ports.httpsPort })
  nginx = master
  return {
    host,
    ...ports,
    pid: master.pid,
    accessLog: () => readFileSync(join(folder, 'access.log'), 'utf8'),
    errorLog: () => readFileSync(join(folder, 'error.log'), 'utf8'),
    judge: () => spawnSync('nginx', ['-t', ...args], { encoding: 'utf8' }).stderr,
    stop: master.stop,
  }
}

function siteConf(site: Site & { host: string }, ports: Ports, certificate: Certificate): string {
  const shipped = readFileSync(join(SHIPPED, site.example ?? 'site.conf'), 'utf8')
  const written = [
    ['listen 443 ssl', `listen 127.0.0.1:${ports.httpsPort} ssl`],
    ['listen 80', `listen 127.0.0.1:${ports.httpPort}`],
    ['app.example.com', site.host],
    ['/etc/ssl/postern/fullchain.pem', certificate.certificatePath],
    ['/etc/ssl/postern/privkey.pem', certificate.keyPath],
    ['server unix:/run/postern/verify.sock;', `server ${site.verify};`],
    ['server 127.0.0.1:9080;', `server ${site.portal};`],
    ['server 127.0.0.1:8080;', `server ${site.app};`],
    ['/verify/nginx/app/app;', `/verify/nginx/app/${site.appName ?? 'app'};`],
    ...(site.secret === undefined
      ? []
      : [['# proxy_set_header X-Postern-Secret "change-me"', `proxy_set_header X-Postern-Secret "${site.secret}"`]]),
  ].reduce((text, [from = '', to = '']) => replaceAll(text, from, to), shipped)
  return site.edit === undefined ? written : site.edit(written)
}

interface Ports {
  readonly httpsPort: number
  readonly httpPort: number
}

function replaceAll(text: string, from: string, to: string): string {
  if (!text.includes(from))
    throw new Error(`nginx's example site no longer contains "${from}"; the test harness fills it in`)
  return text.replaceAll(from, to)
}
