import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { openTestDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { runPostern } from '../support/e2e.ts'
import { startEchoApp } from '../support/echo-app.ts'
import { freePort } from '../support/ports.ts'
import { startPostern } from '../support/postern-process.ts'
import type { PosternEnv, PosternProcess } from '../support/postern-process.ts'
import { until } from '../support/until.ts'

const KEY = 'a secret of thirty-two bytes or more'
const OPEN =
  'version: 1\napps:\n  - { name: open, hosts: [localhost], scheme: http, port: 80, rules: [{ allow: anyone }] }\n'

interface Health {
  readonly status: string
  readonly parts: { readonly policy: { readonly status: string; readonly detail: string } }
}

suite('the policy of a first start in proxy mode', () => {
  test('of the demo gives way to that of an own app: nothing stays open', async (t) => {
    const env = await proxyEnv(t)
    const demo = await startPostern(t, env)
    assert.deepEqual(await Promise.all(['/public/x', '/x'].map((path) => statusOf(demo, path))), [200, 401])
    await demo.stop()
    const app = await startEchoApp(t)
    const own = await startPostern(t, { ...env, POSTERN_UPSTREAM: `http://${app.address}` })
    assert.deepEqual(await Promise.all(['/public/x', '/x'].map((path) => statusOf(own, path))), [401, 401])
    assert.equal(app.requests.length, 0)
    assert.equal((await policyOf(own)).version, 2)
    await own.stop()
    const again = await startPostern(t, { ...env, POSTERN_UPSTREAM: `http://${app.address}` })
    assert.equal((await policyOf(again)).version, 2)
  })

  test('never comes back once somebody applied another one', async (t) => {
    const env = await proxyEnv(t)
    const first = await startPostern(t, env)
    const file = join(await temporaryDirectory(t), 'policy.yaml')
    writeFileSync(file, OPEN.replace('port: 80', `port: ${portOf(env)}`))
    const applied = await runPostern(first.env, ['policy', 'apply', file])
    assert.equal(applied.exitCode, 0, applied.stderr)
    const { source } = await policyOf(first)
    await first.stop()
    const app = await startEchoApp(t)
    const second = await startPostern(t, { ...env, POSTERN_UPSTREAM: `http://${app.address}` })
    assert.deepEqual(await policyOf(second), { version: 2, source })
    assert.equal(await statusOf(second, '/x'), 200)
  })
})

suite('what serve tells operators', () => {
  test('that there is no policy, and is not healthy until there is one', async (t) => {
    const env = await postgresEnv(t)
    const starting = startPostern(t, env)
    const { status, parts } = await until('an answer', 15_000, () => healthOf(env).catch(() => null))
    assert.deepEqual([status, parts.policy.status], ['failing', 'failing'])
    const file = join(await temporaryDirectory(t), 'policy.yaml')
    writeFileSync(file, OPEN)
    assert.equal((await runPostern(env, ['policy', 'apply', file])).exitCode, 0)
    const postern = await starting
    assert.match(
      postern.logs(),
      /^There is no policy yet, so every request is forbidden\. .* policy apply policy\.yaml$/m,
    )
    assert.equal((await healthOf(env)).parts.policy.detail, 'version 1')
  })

  test('in the health detail, which version is in force beside why the file is not', async (t) => {
    const file = join(await temporaryDirectory(t), 'policy.yaml')
    writeFileSync(file, OPEN)
    const postern = await startPostern(t, { ...(await postgresEnv(t)), POSTERN_POLICY_FILE: file })
    assert.equal((await healthOf(postern.env)).parts.policy.detail, 'version 1')
    assert.doesNotMatch(postern.logs(), /There is no policy yet/)
    writeFileSync(file, 'version: 99\n')
    const { status, detail } = await until('the fault', 10_000, async () => {
      const { policy } = (await healthOf(postern.env)).parts
      return policy.detail !== 'version 1' && policy
    })
    assert.equal(status, 'degraded')
    assert.match(detail, /^version 1 is in force\. The policy file is not applied\. .*policy\.yaml:1:/)
  })
})

/** The address is part of the policy, so later starts must have the same one. */
async function proxyEnv(t: TestContext): Promise<PosternEnv> {
  const dataDir = join(await temporaryDirectory(t), 'data')
  return { POSTERN_LISTEN: `127.0.0.1:${await freePort()}`, POSTERN_DATA_DIR: dataDir }
}

async function postgresEnv(t: TestContext): Promise<PosternEnv> {
  const { url } = await openTestDatabase(t)
  const [portal, verify, ops] = await Promise.all([freePort(), freePort(), freePort()])
  return {
    POSTERN_DATABASE_URL: url,
    POSTERN_SECRET_KEY: KEY,
    POSTERN_PUBLIC_URL: 'https://app.example.com/.postern',
    POSTERN_PROXY_SECRET: KEY,
    POSTERN_LISTEN: `127.0.0.1:${portal}`,
    POSTERN_VERIFY_LISTEN: `127.0.0.1:${verify}`,
    POSTERN_OPS_LISTEN: `127.0.0.1:${ops}`,
  }
}

function portOf(env: PosternEnv): string {
  return env['POSTERN_LISTEN']?.split(':')[1] ?? ''
}

async function statusOf({ env }: PosternProcess, path: string): Promise<number> {
  const answer = await fetch(`http://localhost:${portOf(env)}${path}`)
  await answer.body?.cancel()
  return answer.status
}

async function policyOf({ env }: PosternProcess): Promise<{ version: number; source: string }> {
  const { stdout, stderr } = await runPostern(env, ['policy', 'export', '--json'])
  assert.equal(stderr, '')
  const { version, source } = JSON.parse(stdout) as { version: number; source: string }
  return { version, source }
}

async function healthOf(env: PosternEnv): Promise<Health> {
  return (await fetch(`http://${env['POSTERN_OPS_LISTEN']}/health/detail`)).json() as Promise<Health>
}
