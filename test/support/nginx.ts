import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './ports.ts'
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
  readonly stop: () => Promise<void>
}

const SHIPPED = join(import.meta.dirname, '../../nginx')
const START_DEADLINE_MS = 10_000

/**
 * Starts the shipped configuration with only `site.conf` changed, in a temporary folder, on free ports.
 * @throws Error with nginx's own words when it does not start
 */
export async function startNginx(t: TestContext, site: Site): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-nginx-'))
  let child: ChildProcess | null = null
  t.after(async () => {
    if (child !== null) await stop(child)
    rmSync(folder, { recursive: true, force: true })
  })
  // Started by root, its workers still have to come through.
  chmodSync(folder, 0o755)
  cpSync(SHIPPED, folder, { recursive: true })
  const host = site.host ?? 'app.example.com'
  const ports = { httpsPort: await freePort(), httpPort: await freePort() }
  writeFileSync(join(folder, 'site.conf'), siteConf({ ...site, host }, ports, await createCertificate(folder, [host])))
  const master = spawnNginx(folder)
  child = master
  await untilListening(master, ports.httpsPort)
  return {
    host,
    ...ports,
    pid: master.pid ?? 0,
    accessLog: () => readFileSync(join(folder, 'access.log'), 'utf8'),
    errorLog: () => readFileSync(join(folder, 'error.log'), 'utf8'),
    stop: () => stop(master),
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

function spawnNginx(folder: string): ChildProcess {
  const directives = process.getuid?.() === 0 ? 'daemon off; user root;' : 'daemon off;'
  return spawn('nginx', ['-p', folder, '-c', 'nginx.conf', '-g', directives], {
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  child.once('error', (error) => (complaint += error.message))
  const deadline = performance.now() + START_DEADLINE_MS
  while (!(await accepts(port))) {
    const ended = child.pid === undefined || child.exitCode !== null || child.signalCode !== null
    if (ended || performance.now() > deadline) throw new Error(`nginx did not start: ${complaint}`)
    await delay(10)
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}
