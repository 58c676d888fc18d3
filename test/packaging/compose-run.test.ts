import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { openEmptyDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { PASSWORD, runPostern } from '../support/e2e.ts'
import { hiddenFields } from '../support/form.ts'
import { createVisitor } from '../support/http.ts'
import { freePort } from '../support/ports.ts'
import { startPostern } from '../support/postern-process.ts'
import type { PosternEnv } from '../support/postern-process.ts'
import { replaced, startProgram } from '../support/proxy-process.ts'
import { addressOf, FOLDER, readCompose } from './compose.ts'
import { ROOT } from './packed.ts'

const run = promisify(execFile)
const COMPOSE = readCompose()
const ORIGIN = 'https://app.localhost:8443'
const PAGE = { accept: 'text/html' }

/** What stands in compose.yaml, and what is there in its place on this machine. */
type Changes = (readonly [from: string, to: string])[]

test('what compose.yaml describes serves, as processes of this machine', { timeout: 120_000 }, async (t) => {
  const folder = await temporaryDirectory(t)
  chmodSync(folder, 0o755)
  const secrets = join(folder, 'secrets')
  await run(join(FOLDER, 'compose/make-secrets.sh'), [secrets])
  const redis = await freePort()
  const redisArgs = [join(secrets, 'redis.conf'), '--port', `${redis}`, '--bind', '127.0.0.1', '--dir', folder]
  await startProgram(t, { command: 'redis-server', args: redisArgs, port: redis })
  rewrite(join(secrets, 'redis-url'), [['@redis:6379', `@127.0.0.1:${redis}`]])
  chmodSync(join(secrets, 'database-url'), 0o600)
  writeFileSync(join(secrets, 'database-url'), (await openEmptyDatabase(t)).url)

  const [one, other] = [await settingsOf('postern-1', secrets), await settingsOf('postern-2', secrets)]
  const done = await runPostern(one, ['migrate'])
  assert.equal(done.exitCode, 0, done.stderr)
  const [first] = await Promise.all([startPostern(t, one), startPostern(t, other)])
  const profile = ['--email', 'ann@example.com', '--role', 'postern-admin', '--password-stdin']
  assert.equal((await runPostern(one, ['user', 'create', 'ann', ...profile], `${PASSWORD}\n`)).exitCode, 0)
  const https = await startBoth(t, { folder, secrets, one, other })

  const visitor = createVisitor(t, { hosts: { 'app.localhost': https } })
  const open = async (path: string): Promise<string> => (await visitor.visit(`${ORIGIN}${path}`)).text
  assert.match(await open('/public/'), /^user: \n/)
  const form = await visitor.visit(`${ORIGIN}/`, { headers: PAGE, redirects: 5 })
  const body = { ...hiddenFields(form.text, '/.postern/login'), username: 'ann', password: PASSWORD }
  const headers = { ...PAGE, origin: ORIGIN }
  const back = await visitor.visit(`${ORIGIN}/.postern/login`, { method: 'POST', body, headers, redirects: 5 })
  assert.equal(back.text, 'user: ann\ngroups: postern-admin\nmail: ann@example.com\ncookies: \n')
  assert.match(first.logs(), /"msg":"policy in force"/)

  // Either serves alone.
  assert.equal(await first.stop(), 0)
  for (const path of ['/', '/a', '/admin/']) assert.match(await open(path), /^user: ann\n/)
  assert.equal((await visitor.visit(`${ORIGIN}/.postern/account`, { redirects: 3 })).status, 200)
})

/** The environment of one Postern, with addresses of this machine. */
async function settingsOf(name: string, secrets: string): Promise<PosternEnv> {
  const entries = Object.entries(COMPOSE.services[name]?.environment ?? {})
  const moved = entries.map(([key, value]) => [key, value.replace('/run/secrets', secrets)] as const)
  const listeners = ['POSTERN_LISTEN', 'POSTERN_VERIFY_LISTEN', 'POSTERN_OPS_LISTEN'] as const
  const addresses = await Promise.all(listeners.map(async (key) => [key, `127.0.0.1:${await freePort()}`] as const))
  return {
    ...Object.fromEntries(moved),
    ...Object.fromEntries(addresses),
    POSTERN_TRUSTED_PROXIES: '127.0.0.1/32',
    POSTERN_POLICY_FILE: join(FOLDER, 'compose/policy.yaml'),
  }
}

interface Site {
  readonly folder: string
  readonly secrets: string
  readonly one: PosternEnv
  readonly other: PosternEnv
}

/** Starts the app and nginx; gives the port of the latter. */
async function startBoth(t: TestContext, { folder, secrets, one, other }: Site): Promise<number> {
  const app = await freePort()
  const https = await freePort(app)
  await startNginx(t, join(folder, 'app'), { conf: 'app.conf', port: app, changes: [['listen 8080', listenOn(app)]] })
  const posterns = [
    [addressOf(COMPOSE, 'postern-1'), one],
    [addressOf(COMPOSE, 'postern-2'), other],
  ] as const
  await startNginx(t, join(folder, 'nginx'), {
    conf: 'nginx.conf',
    port: https,
    changes: [
      ['listen 8443', listenOn(https)],
      ['/run/secrets', secrets],
      ['/dev/stdout', 'access.log'],
      [`${addressOf(COMPOSE, 'app')}:8080`, `127.0.0.1:${app}`],
      ...posterns.flatMap(([address, env]) => [
        [`${address}:9081`, env['POSTERN_VERIFY_LISTEN'] ?? ''] as const,
        [`${address}:9080`, env['POSTERN_LISTEN'] ?? ''] as const,
      ]),
    ],
  })
  return https
}

async function startNginx(
  t: TestContext,
  folder: string,
  { conf, port, changes }: { readonly conf: string; readonly port: number; readonly changes: Changes },
): Promise<void> {
  mkdirSync(folder)
  cpSync(join(ROOT, 'nginx/postern'), join(folder, 'postern'), { recursive: true })
  const file = join(folder, 'nginx.conf')
  cpSync(join(FOLDER, 'compose', conf), file)
  rewrite(file, [['/tmp/', `${folder}/`], ['127.0.0.1:8081', `127.0.0.1:${await freePort(port)}`], ...changes])
  const user = process.getuid?.() === 0 ? 'user root; ' : ''
  const args = ['-p', `${folder}/`, '-c', file, '-e', 'stderr', '-g', `${user}daemon off;`]
  await startProgram(t, { command: 'nginx', args, port })
}

function listenOn(port: number): string {
  return `listen 127.0.0.1:${port}`
}

function rewrite(file: string, changes: Changes): void {
  chmodSync(file, 0o600)
  writeFileSync(
    file,
    changes.reduce((text, [from, to]) => replaced(text, from, to), readFileSync(file, 'utf8')),
  )
}
