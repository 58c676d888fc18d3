import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { temporaryDirectory } from '../support/directories.ts'
import { ALICE, runPostern, startSite } from '../support/e2e.ts'
import type { ProductionSite } from '../support/e2e.ts'
import { freePort } from '../support/ports.ts'
import { startPostern } from '../support/postern-process.ts'
import { createAuthority } from '../support/tls.ts'
import type { Authority } from '../support/tls.ts'
import { until } from '../support/until.ts'
import { signedIn } from './person.ts'
import type { Person } from './person.ts'

const WAIT_MS = 20_000
const CLIENTS = 4
/** Of each between two requests. */
const PAUSE_MS = 10
const GATEWAY = 'postern.internal'

suite('nginx asks over TLS with a certificate of its own', { timeout: 120_000 }, () => {
  test('and notices nothing of a new certificate, nor of one that does not fit', async (t) => {
    const folder = await temporaryDirectory(t)
    const authority = await createAuthority(folder)
    const own = await authority.issue('first', [GATEWAY])
    const nginx = await authority.issue('nginx', ['nginx.internal'])
    const use = linkTo(folder, own)
    const site = await startSite(t, {
      verify: 'tcp',
      env: tlsSettings(folder, authority),
      edit: overTls(authority, nginx),
    })
    const { postern } = site
    const alice = await signedIn(t, site, ALICE.login)
    const load = startLoad(t, alice)
    await until('there is load', WAIT_MS, () => load.count() > 200)
    assert.match(await metricsOf(site), /dialect="nginx",app="app",tier="l1",lane="express"/)

    const second = await authority.issue('second', [GATEWAY])
    use(second)
    await until('it is in use', WAIT_MS, () => postern.logs().includes('the new certificate is in use'))
    const atSwitch = load.count()
    use({ ...second, keyPath: own.keyPath })
    await until('it is refused', WAIT_MS, () => postern.logs().includes('is not the key of the first certificate'))
    await until('load goes on', WAIT_MS, () => load.count() > atSwitch + 200)
    assert.deepEqual((await load.stop()).slice(0, 5), [])
    t.diagnostic(`${load.count()} requests over TLS, none failed, one certificate taken and one refused meanwhile`)

    const metrics = await metricsOf(site)
    assert.match(metrics, /^postern_tls_files_total\{outcome="taken"\} 1$/m)
    assert.match(metrics, /^postern_tls_files_total\{outcome="refused"\} 1$/m)
    assert.match(metrics, /^postern_certificate_expires_seconds\{file=".*\/tls\.pem"\} 1[67]\d{4}/m)
    const health = await fetch(`http://${postern.env['POSTERN_OPS_LISTEN']}/health/detail`)
    const { parts } = (await health.json()) as { parts: { tls: { status: string; detail: string } } }
    assert.equal(parts.tls.status, 'degraded')

    use(second)
    const others = await createAuthority(folder, 'others')
    renameSync(others.certificatePath, join(folder, 'client-ca.pem'))
    // Asked by nobody whom the new authority knows, the gateway is as good as down.
    await until('nginx is shut out', WAIT_MS, async () => (await alice.open('/')).status === 500)
  })
})

suite('proxy mode with TLS', { timeout: 60_000 }, () => {
  test('serves pages and app to browsers with no other proxy, and its cookies are for TLS alone', async (t) => {
    const folder = await temporaryDirectory(t)
    const authority = await createAuthority(folder)
    linkTo(folder, await authority.issue('own', ['localhost']))
    const port = await freePort()
    const { POSTERN_VERIFY_CLIENT_CA_FILE: _, ...env } = tlsSettings(folder, authority)
    await startPostern(t, { ...env, POSTERN_LISTEN: `127.0.0.1:${port}` })
    const page = await visit(port, authority, '/.postern/login')
    assert.equal(page.status, 200)
    assert.match(page.headers['strict-transport-security'] ?? '', /^max-age=31536000$/)
    for (const cookie of page.headers['set-cookie'] ?? []) assert.match(cookie, /^__Host-.*; Secure/)
    assert.ok((page.headers['set-cookie'] ?? []).length > 0)
    assert.equal((await visit(port, authority, '/public/')).status, 200)
    const closed = await visit(port, authority, '/')
    assert.match(
      `${closed.status} ${closed.headers.location}`,
      new RegExp(`^302 https://localhost:${port}/\\.postern/start`),
    )
  })

  test('does not start with a key that everybody may read, which "config check" tells as well', async (t) => {
    const folder = await temporaryDirectory(t)
    const authority = await createAuthority(folder)
    const own = await authority.issue('own', ['localhost'])
    const env = { POSTERN_TLS_CERTIFICATE_FILE: own.certificatePath, POSTERN_TLS_KEY_FILE: own.certificatePath }
    const addresses = {
      POSTERN_LISTEN: '127.0.0.1:0',
      POSTERN_VERIFY_LISTEN: '127.0.0.1:0',
      POSTERN_OPS_LISTEN: '127.0.0.1:0',
    }
    for (const command of [['serve'], ['config', 'check']]) {
      const { exitCode, stderr } = await runPostern({ ...env, ...addresses, POSTERN_DATA_DIR: folder }, command)
      assert.deepEqual([exitCode, /may be read by everybody\. .*chmod o=/.test(stderr)], [1, true], stderr)
    }
  })
})

/** Links as renewals leave them, from the names in the settings to the files in use. */
function linkTo(folder: string, first: Authority): (pair: Pick<Authority, 'certificatePath' | 'keyPath'>) => void {
  const point = (name: string, target: string): void => {
    const next = join(folder, `${name}.next`)
    rmSync(next, { force: true })
    symlinkSync(target, next)
    renameSync(next, join(folder, name))
  }
  const use = ({ certificatePath, keyPath }: Pick<Authority, 'certificatePath' | 'keyPath'>): void => {
    point('tls.pem', certificatePath)
    point('tls.key', keyPath)
  }
  use(first)
  return use
}

function tlsSettings(folder: string, authority: Authority) {
  symlinkSync(authority.certificatePath, join(folder, 'client-ca.pem'))
  return {
    POSTERN_RATE_LIMITS: 'off',
    POSTERN_TLS_CERTIFICATE_FILE: join(folder, 'tls.pem'),
    POSTERN_TLS_KEY_FILE: join(folder, 'tls.key'),
    POSTERN_VERIFY_CLIENT_CA_FILE: join(folder, 'client-ca.pem'),
  }
}

/** The lines that docs/tls.md has an operator change. */
function overTls(authority: Authority, nginx: Authority): (siteConf: string) => string {
  const shipped = readFileSync(join(import.meta.dirname, '../../nginx/gateway-tls.conf'), 'utf8')
  const written = shipped
    .replace('/etc/ssl/postern/gateway-ca.pem', authority.certificatePath)
    .replace('/etc/ssl/postern/nginx.pem', nginx.certificatePath)
    .replace('/etc/ssl/postern/nginx.key', nginx.keyPath)
  return (siteConf) =>
    siteConf
      .replace('# set $postern_scheme https;', 'set $postern_scheme https;')
      .replace('# include gateway-tls.conf;', written)
      .replace('proxy_pass http://postern_verify', 'proxy_pass https://postern_verify')
}

interface Load {
  readonly count: () => number
  readonly stop: () => Promise<string[]>
}

/** Opens the app and a page of the portal without end. */
function startLoad(t: TestContext, person: Person): Load {
  const failures: string[] = []
  const ended = new AbortController()
  let answered = 0
  const client = async (path: string): Promise<void> => {
    while (!ended.signal.aborted) {
      const status = await person.open(path).then((reply) => reply.status, String)
      if (status === 200) answered++
      else failures.push(`${path}: ${status}`)
      await delay(PAUSE_MS)
    }
  }
  const clients = Array.from({ length: CLIENTS }, (_, index) => client(index === 0 ? '/.postern/session.js' : '/'))
  const stop = async (): Promise<string[]> => {
    ended.abort()
    await Promise.all(clients)
    return failures
  }
  t.after(stop)
  return { count: () => answered, stop }
}

async function metricsOf({ postern }: ProductionSite): Promise<string> {
  return (await fetch(`http://${postern.env['POSTERN_OPS_LISTEN']}/metrics`)).text()
}

async function visit(port: number, { certificatePath }: Authority, path: string) {
  const asked = request({
    host: '127.0.0.1',
    servername: 'localhost',
    port,
    path,
    ca: readFileSync(certificatePath),
    headers: { host: `localhost:${port}`, accept: 'text/html', 'sec-fetch-mode': 'navigate' },
  })
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.resume()
  return { status: answer.statusCode ?? 0, headers: answer.headers }
}
