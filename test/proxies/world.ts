import { chmodSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { printSnippet } from '../../src/commands/snippet.ts'
import { openTestApp, SECRET_KEY } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'
import type { EchoApp } from '../support/echo-app.ts'
import { startEchoApp } from '../support/echo-app.ts'
import { freePort } from '../support/ports.ts'
import { startPostern } from '../support/postern-process.ts'
import type { PosternProcess } from '../support/postern-process.ts'
import type { RealProxy, StartProxy } from '../support/proxy-process.ts'
import { createCertificate } from '../support/tls.ts'

/** One kind of proxy, as the matrix names it. */
export interface Kind {
  readonly name: 'nginx' | 'caddy' | 'haproxy' | 'apache'
  readonly start: StartProxy
}

/** The real program behind one real proxy, which is configured by what `postern snippet` prints. */
export interface World {
  readonly kind: Kind
  readonly proxy: RealProxy
  readonly postern: PosternProcess
  /** The hosts `app` and `other` on `port`, `app` on `sidePort` as well: three apps of the policy. */
  readonly port: number
  readonly sidePort: number
  readonly app: EchoApp
  readonly other: EchoApp
  readonly side: EchoApp
  /** Alice's portal token, which counts on the host `app`. */
  readonly alice: string
  readonly parts: TestApp
}

export const HOST = 'app.example.com'
export const OTHER_HOST = 'other.example.org'
const SECRET = 'the secret that proxy and gateway share'

/** Starts all of it for one kind of proxy. */
export async function openWorld(t: Cleanup, kind: Kind): Promise<World> {
  const [port, sidePort, portal] = [await freePort(), await freePort(), await freePort()]
  const apps = [await startEchoApp(t), await startEchoApp(t), await startEchoApp(t)] as const
  const folder = await ownFolder(t)
  const env = {
    POSTERN_PUBLIC_URL: `https://${HOST}:${port}/.postern`,
    POSTERN_LISTEN: `127.0.0.1:${portal}`,
    POSTERN_VERIFY_LISTEN: `unix:${join(folder, 'verify.sock')}`,
    POSTERN_PROXY_SECRET: SECRET,
  }
  const parts = await openTestApp(t, { policy: policyOf(port, sidePort), env })
  await parts.addUser('alice', { roles: ['staff'], name: 'Alice' })
  const alice = await parts.token('alice')
  const settings = { ...env, POSTERN_DATABASE_URL: parts.url, POSTERN_SECRET_KEY: SECRET_KEY }
  const postern = await startPostern(t as TestContext, settings)
  chmodSync(join(folder, 'verify.sock'), 0o666)
  const snippet = await snippetOf(parts, kind.name, apps)
  const proxy = await startWith(t, { kind, snippet, ports: [port, sidePort], secret: SECRET })
  const [app, other, side] = apps
  return { kind, proxy, postern, port, sidePort, app, other, side, alice, parts }
}

/** What the command prints for the three apps. */
export async function snippetOf({ context }: TestApp, proxy: string, apps: readonly EchoApp[]): Promise<string> {
  const upstream = apps.map(({ address }) => `http://${address}`)
  return (await printSnippet(context, { proxy, app: ['app', 'other', 'side'], upstream })).text
}

/** Starts the proxy in a folder of its own with a certificate for both hosts. */
export async function startWith(
  t: Cleanup,
  { kind, ...setup }: { kind: Kind; snippet: string; ports: readonly number[]; secret?: string },
): Promise<RealProxy> {
  const folder = await ownFolder(t)
  const certificate = await createCertificate(folder, [HOST, OTHER_HOST])
  return kind.start(t, { folder, ...certificate, ...setup })
}

/** Readable for the proxy's own user. */
export async function ownFolder(t: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-proxy-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755)
  return folder
}

/** An app with its own header, one that is open to read, and one on the first one's host at another port. */
export function policyOf(port: number, sidePort: number): string {
  return `
version: 1
roles: { staff: [], admin: [] }
apps:
  - name: app
    hosts: [${HOST}]
    port: ${port}
    headers: { X-WEBAUTH-USER: '{login}' }
    assertion: true
    rules:
      - { path: /public/**, methods: [GET, POST], allow: anyone }
      - { path: /admin/**, require: { role: admin } }
      - require: {}
  - name: other
    hosts: [${OTHER_HOST}]
    port: ${port}
    rules:
      - { path: /secret/**, require: {} }
      - { methods: [GET, POST], allow: anyone }
  - name: side
    hosts: [${HOST}]
    port: ${sidePort}
    rules:
      - { methods: [GET, POST], allow: anyone }
`
}
