import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Hosts } from '../support/chromium.ts'
import { openEmptyDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { ALICE, PASSWORD, runPostern } from '../support/e2e.ts'
import { startEchoApp } from '../support/echo-app.ts'
import type { EchoApp } from '../support/echo-app.ts'
import { startNginx } from '../support/nginx.ts'
import type { Nginx } from '../support/nginx.ts'
import { freePort } from '../support/ports.ts'
import { startPostern } from '../support/postern-process.ts'

/** The real program on a portal host of its own, behind the shipped nginx, with apps on two unrelated domains. */
export interface DomainsSite {
  readonly nginx: Nginx
  readonly app: EchoApp
  readonly wiki: EchoApp
  readonly hosts: Hosts
  /** Origins as visitors write them. */
  readonly portalOrigin: string
  readonly appOrigin: string
  readonly wikiOrigin: string
}

const NAMES = { portal: 'auth.example.com', app: 'app.example.com', wiki: 'wiki.example.org' }

/** Starts all of it, set up by commands alone, as an operator would. */
export async function startDomainsSite(t: TestContext): Promise<DomainsSite> {
  const folder = await temporaryDirectory(t)
  const { url: databaseUrl } = await openEmptyDatabase(t)
  const [app, wiki] = [await startEchoApp(t), await startEchoApp(t)]
  const [portal, ops] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const verify = `unix:${join(folder, 'verify.sock')}`
  const nginx = await startNginx(t, {
    example: 'site-own-host.conf',
    verify,
    portal,
    app: app.address,
    edit: (text) => text.replace('127.0.0.1:8081', wiki.address),
  })
  const origin = (name: string): string => `https://${name}:${nginx.httpsPort}`
  const env = {
    POSTERN_LISTEN: portal,
    POSTERN_VERIFY_LISTEN: verify,
    POSTERN_OPS_LISTEN: ops,
    POSTERN_DATABASE_URL: databaseUrl,
    POSTERN_SECRET_KEY: 'a key that wraps the keys in the database',
    POSTERN_PUBLIC_URL: origin(NAMES.portal),
  }
  const command = async (args: readonly string[], input?: string): Promise<void> => {
    const { exitCode, stdout, stderr } = await runPostern(env, args, input)
    if (exitCode !== 0) throw new Error(`postern ${args.join(' ')} ended with ${exitCode}: ${stderr}${stdout}`)
  }
  const policy = join(folder, 'policy.yaml')
  writeFileSync(policy, policyText(nginx.httpsPort))
  const { login, email, name, role } = ALICE
  await command(['migrate'])
  await command(['policy', 'apply', policy])
  const profile = ['--email', email, '--name', name, '--role', role]
  await command(['user', 'create', login, ...profile, '--password-stdin'], `${PASSWORD}\n`)
  await startPostern(t, env)
  return {
    nginx,
    app,
    wiki,
    hosts: Object.fromEntries(Object.values(NAMES).map((host) => [host, nginx.httpsPort])),
    portalOrigin: origin(NAMES.portal),
    appOrigin: origin(NAMES.app),
    wikiOrigin: origin(NAMES.wiki),
  }
}

function policyText(port: number): string {
  const app = (name: string, host: string): string[] => [
    `  - name: ${name}`,
    `    hosts: [${host}]`,
    `    port: ${port}`,
    '    rules:',
    '      - { path: /old/**, deny: true }',
    '      - { require: {} }',
  ]
  const apps = [...app('app', NAMES.app), ...app('wiki', NAMES.wiki)]
  return ['version: 1', 'roles:', '  staff: []', 'apps:', ...apps, ''].join('\n')
}
